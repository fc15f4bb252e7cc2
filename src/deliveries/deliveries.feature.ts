import { Module } from '@nestjs/common';
import { DeliveriesController } from './deliveries.controller.js';
import { DeliverySubjects } from './delivery-subjects.js';

/** What has arrived, for whoever runs this host. */
@Module({ controllers: [DeliveriesController], providers: [DeliverySubjects] })
export class DeliveriesFeature {}
