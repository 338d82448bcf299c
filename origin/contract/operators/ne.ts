import { comparison } from './one-value.ts'
import type { Operator } from './operator.ts'

/**
 * `field[ne]=value`: the field has another value. Asked as two ranges, since DocumentDB answers `$ne` from no index; so a
 * document without the field is not found, as SQL's `<>` does not find NULL. No operator of booleans, which have one
 * other value.
 */
export const ne: Operator = {
  ...comparison('Not equal to', ['string', 'choice', 'number', 'date', 'date-time'], '$ne'),
  condition: (path, value) => ({ $or: [{ [path]: { $lt: value } }, { [path]: { $gt: value } }] }),
}
