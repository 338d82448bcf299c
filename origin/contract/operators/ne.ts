import { comparison, manyValued } from './one-value.ts'
import type { Operator } from './operator.ts'

/**
 * `field[ne]=value`: the field has another value. It compares with two ranges, because DocumentDB answers `$ne` from no
 * index. So a document without the field does not match, as SQL's `<>` does not match NULL. Booleans have no `ne`,
 * because they have only one other value.
 */
export const ne: Operator = {
  ...comparison('Not equal to', manyValued, '$ne'),
  condition: (path, value) => ({ $or: [{ [path]: { $lt: value } }, { [path]: { $gt: value } }] }),
}
