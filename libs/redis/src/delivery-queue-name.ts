/** The queue's name; its BullMQ prefix is `{flock}` or `{flock-<deployment id>}`, with the braces. */
export const DELIVERY_QUEUE = 'deliveries';
