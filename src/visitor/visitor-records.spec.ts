import { NotFoundException } from '@nestjs/common';
import { VisitorRecords } from './visitor-records.js';

describe('VisitorRecords', () => {
  const records = new VisitorRecords<{ id: string; status: string }>();

  it('shows each visitor their own, newest first, and keeps the last ten', () => {
    for (let id = 1; id <= 12; id += 1) records.put('ada', { id: String(id), status: 'new' });
    expect(records.list('ada').map(({ id }) => id)).toEqual([
      '12',
      '11',
      '10',
      '9',
      '8',
      '7',
      '6',
      '5',
      '4',
      '3',
    ]);
    expect(records.list('bela')).toEqual([]);
    expect(() => records.get('bela', '12')).toThrow(NotFoundException);
  });

  it('replaces a record in its place', () => {
    records.put('ada', { id: '11', status: 'paid' });
    expect(records.get('ada', '11').status).toBe('paid');
    expect(
      records
        .list('ada')
        .map(({ id }) => id)
        .slice(0, 2),
    ).toEqual(['12', '11']);
  });
});
