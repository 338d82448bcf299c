import { Binary, Decimal128, Double, Int32, Long, ObjectId } from 'mongodb'

/** Name of a value's BSON type, as `$type` names it; a UUID is `uuid`. Numbers are read with their types. */
export function bsonTypeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (value instanceof Date) return 'date'
  if (value instanceof ObjectId) return 'objectId'
  if (value instanceof Int32) return 'int'
  if (value instanceof Double) return 'double'
  if (value instanceof Decimal128) return 'decimal'
  if (Long.isLong(value)) return 'long'
  if (value instanceof Binary) return value.sub_type === Binary.SUBTYPE_UUID ? 'uuid' : 'binData'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'object' && '_bsontype' in value) return String(value._bsontype)
  return typeof value
}
