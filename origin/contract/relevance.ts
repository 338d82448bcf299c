/**
 * `sort=relevance`: hits of `search` in the order of the score that the database's text search gives them, the best first.
 * Amazon DocumentDB has `$meta: 'textScore'` from engine 5.0 on, outside elastic clusters, as it has `$text` (developer
 * guide, "$meta" and "Performing text search"; compat-tool of awslabs/amazon-documentdb-tools). Its scores differ from
 * MongoDB's, and so may the order.
 */
export const relevance = 'relevance'

/** Field that the database computes for a list by relevance. No schema has names that begin with `_`. */
export const scorePath = '_score'

/** Equal scores are common, so that the id decides about many places. */
export const byRelevance = {
  fields: [
    { path: scorePath, descending: true, type: { kind: 'number', integer: false } },
    { path: '_id', descending: true, type: { kind: 'string' } },
  ],
  canonical: relevance,
} as const

/** First stages of an aggregation of the hits of a text search, each with its score. */
export const scoredStages = (filter: Readonly<Record<string, unknown>>) => [
  { $match: filter },
  { $addFields: { [scorePath]: { $meta: 'textScore' } } },
]
