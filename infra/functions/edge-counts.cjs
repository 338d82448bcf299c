// Function of a stage: copies the edge's counts of one minute from Cloudflare's Analytics Engine into CloudWatch, where
// alarms take them (decision 60). Inline in the template, so at most 4,096 characters, with Lambda's own SDK alone.
const { GetSecretValueCommand, SecretsManagerClient } = require('@aws-sdk/client-secrets-manager')

/** Minutes until the points of a minute can be asked for: Analytics Engine's own delay, with room. */
const delayMinutes = 3
const counts = ['answers', 'failed', 'timed', 'slow']

/**
 * @param event of a schedule: `time` names the minute, so that a retry copies the same one. Counts are stamped with it: the
 * windows of alarms end now, and would miss the minutes that Analytics Engine is late.
 */
exports.handler = async ({ time }) => {
  const { STAGE, NAMESPACE, SECRET, QUERY, CLOUDFLARE_API_BASE_URL } = process.env
  const to = Math.floor(Date.parse(time) / 60_000 - delayMinutes) * 60
  const query = QUERY.replace('FROM_SECONDS', String(to - 60)).replace('TO_SECONDS', String(to))
  const { SecretString } = await new SecretsManagerClient({}).send(
    new GetSecretValueCommand({ SecretId: SECRET }),
  )
  const { accountId, apiToken } = tokenIn(SecretString)
  const answer = await fetch(`${CLOUDFLARE_API_BASE_URL}/accounts/${accountId}/analytics_engine/sql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiToken}` },
    body: query,
    signal: AbortSignal.timeout(10_000),
  })
  // Never the body, which may repeat the request.
  if (!answer.ok) throw new Error(`Analytics Engine answered ${answer.status}`)
  const { data } = await answer.json()
  let answers = 0
  for (const row of data) {
    const values = Object.fromEntries(counts.map((name) => [name, Number(row[name])]))
    answers += values.answers
    report(['Stage', 'priority'], { Stage: STAGE, priority: row.priority, ...values }, Object.keys(values))
  }
  // Without traffic there is no row: the alarms on silence look at this one.
  report(['Stage'], { Stage: STAGE, copies: 1, answers }, ['copies', 'answers'])

  /**
   * One line in CloudWatch's embedded metric format: a metric needs no call and no permission. Not by console.log, whose
   * lines Lambda wraps: in its JSON log format no metric would be found in them.
   */
  function report(dimensions, values, names) {
    const Metrics = names.map((Name) => ({ Name, Unit: 'Count' }))
    const CloudWatchMetrics = [{ Namespace: NAMESPACE, Dimensions: [dimensions], Metrics }]
    const _aws = { Timestamp: Math.floor(Date.parse(time) / 60_000) * 60_000, CloudWatchMetrics }
    process.stdout.write(`${JSON.stringify({ _aws, ...values })}\n`)
  }
}

/** The parser's own error would have the start of the secret. */
function tokenIn(text) {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the secret has no token: set EDGE_ANALYTICS_TOKEN and npm run bootstrap')
  }
}
