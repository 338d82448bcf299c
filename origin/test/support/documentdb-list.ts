/**
 * Every command and operator that the origin may send. All of them are in Amazon DocumentDB's list of supported ones
 * (docs.aws.amazon.com/documentdb/latest/developerguide/mongo-apis.html, engines 5.0 and 8.0), which its compat-tool has
 * by engine, too (github.com/awslabs/amazon-documentdb-tools). `$meta` in
 * `$addFields`, then `$sort`, is the example of the guide's own page "$meta". Check that list before you add one.
 */
export const commands: ReadonlySet<string> = new Set(
  ['find', 'aggregate', 'insert', 'update', 'createIndexes', 'listIndexes', 'ping'].concat([
    // On the admin database, for actions.
    'commitTransaction',
    'abortTransaction',
    // For subscribers of events, receivers and leases.
    'findAndModify',
    'delete',
    // Sent by a start, which looks whose database it is.
    'listCollections',
  ]),
)
export const operators: ReadonlySet<string> = new Set(
  [
    '$and',
    '$or',
    '$eq',
    '$in',
    '$gt',
    '$gte',
    '$lt',
    '$lte',
    '$exists',
    '$text',
    '$search',
    '$meta',
    '$setOnInsert',
    '$inc',
  ].concat([
    // Members that the driver adds to a command.
    '$db',
    '$clusterTime',
    '$readPreference',
    '$timestamp',
  ]),
)
/** Operators of work in the background: drain, deliveries, leases, migrations. */
export const backgroundOperators: ReadonlySet<string> = new Set(['$set', '$unset', '$ne'])
/** Stages of an aggregation, from the same list. */
export const stages: ReadonlySet<string> = new Set([
  '$match',
  '$limit',
  '$count',
  '$geoNear',
  '$addFields',
  '$sort',
])
/** Commands of the driver about connections, which every program sends. */
export const housekeeping: ReadonlySet<string> = new Set([
  'hello',
  'ismaster',
  'endSessions',
  'saslStart',
  'saslContinue',
  'killCursors',
])

export function* operatorsIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null || '_bsontype' in value) return
  for (const [name, member] of Object.entries(value)) {
    if (name === 'pipeline') {
      // Checks a stage's name among the stages, and its content among the operators.
      for (const stage of member) yield* operatorsIn(Object.values(stage))
      continue
    }
    if (name.startsWith('$')) yield name
    yield* operatorsIn(member)
  }
}

/** Names of the stages of every pipeline in a command, nested ones included. */
export function* stagesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null || '_bsontype' in value) return
  for (const [name, member] of Object.entries(value)) {
    if (name === 'pipeline') for (const stage of member) yield* Object.keys(stage)
    yield* stagesIn(member)
  }
}
