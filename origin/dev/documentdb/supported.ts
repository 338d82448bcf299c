/**
 * The part of Amazon DocumentDB 5.0 that this project uses, with its tests: every name is in "Supported MongoDB APIs,
 * operations, and data types in Amazon DocumentDB" (docs.aws.amazon.com/documentdb/latest/developerguide/mongo-apis.html).
 * Check that list before you add one. The origin itself uses less (`test/database-commands.test.ts`).
 */
export const supportedCommands: ReadonlySet<string> = new Set(
  ['find', 'aggregate', 'getMore', 'killCursors', 'count', 'distinct'].concat(
    ['insert', 'update', 'delete', 'findAndModify'],
    ['commitTransaction', 'abortTransaction', 'endSessions'],
    ['createIndexes', 'dropIndexes', 'listIndexes', 'listCollections', 'create', 'drop', 'dropDatabase'],
    ['hello', 'isMaster', 'ismaster', 'ping', 'currentOp', 'explain', 'serverStatus', 'buildInfo'],
    ['saslStart', 'saslContinue'],
  ),
)

export const supportedStages: ReadonlySet<string> = new Set(
  ['$match', '$limit', '$skip', '$sort', '$count', '$group', '$project'].concat([
    '$unwind',
    '$lookup',
    '$geoNear',
    '$indexStats',
    '$sample',
    '$addFields',
    '$replaceRoot',
  ]),
)

export const supportedOperators: ReadonlySet<string> = new Set(
  ['$and', '$or', '$nor', '$not', '$eq', '$ne', '$in', '$nin', '$gt', '$gte', '$lt', '$lte'].concat(
    ['$exists', '$type', '$mod', '$regex', '$options', '$all', '$elemMatch', '$size'],
    ['$text', '$search', '$meta', '$geometry', '$nearSphere', '$maxDistance', '$minDistance'],
    ['$set', '$unset', '$inc', '$mul', '$min', '$max', '$rename', '$setOnInsert', '$currentDate'],
    ['$push', '$pull', '$pullAll', '$pop', '$addToSet', '$each', '$position', '$slice'],
    ['$sum', '$avg', '$first', '$last', '$ifNull', '$cond', '$literal'],
  ),
)
