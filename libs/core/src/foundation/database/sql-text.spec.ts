import { bindParameters, driverErrorCode, isOfTheStatement } from './sql-text.js';

const bind = (sql: string, parameters: Record<string, string>) =>
  bindParameters(sql, parameters, 'NOW', (position) => `$${position}`);

describe('SQL as it is sent', () => {
  it('has a place for each value, in order, and the clock of the database', () => {
    expect(bind('SET a = :a, b = {now} WHERE c = :c AND d = :a', { a: 'x', c: 'y' })).toEqual({
      sql: 'SET a = $1, b = NOW WHERE c = $2 AND d = $3',
      values: ['x', 'y', 'x'],
    });
  });

  it('is not sent with a value missing', () => {
    expect(() => bind('SET a = :a', {})).toThrow('SQL parameter :a has no value');
  });

  it.each([[{ code: '42P01' }], [{ driverError: { code: '42P01' }, code: 'other' }]])(
    'is known to be wrong by the code of the driver, in %j',
    (error) => {
      expect(driverErrorCode(error)).toBe('42P01');
      expect(isOfTheStatement(error)).toBe(true);
    },
  );

  it.each([[undefined], [null], ['42P01'], [{ code: 7 }]])('%j has no code', (error) => {
    expect(driverErrorCode(error)).toBeUndefined();
    expect(isOfTheStatement(error)).toBe(false);
  });
});
