// Function of a stage: copies the edge's counts of one minute from Cloudflare's Analytics Engine into CloudWatch, where
// alarms take them (decision 60). Inline in the template, so at most 4,096 characters, with Lambda's own SDK alone.
const { GetSecretValueCommand, SecretsManagerClient } = require('@aws-sdk/client-secrets-manager')

/** Minutes until the points of a minute can be asked for: Analytics Engine's own delay, with room. */
const delayMinutes = 3
const counts = ['answers', 'failed', 'timed', 'slow']

/** @param event of a schedule: `time` names the minute, so that a retry copies the same one */
exports.handler = async ({ time }) => {
  const { STAGE, NAMESPACE, SECRET, QUERY, CLOUDFLARE_API_BASE_URL } = process.env
  const to = Math.floor(Date.parse(time) / 60_000 - delayMinutes) * 60
  const query = QUERY.replace('FROM_SECONDS', String(to - 60)).replace('TO_SECONDS', String(to))
  const { SecretString } = await new SecretsManagerClient({}).send(
    new GetSecretValueCommand({ SecretId: SECRET }),
  )
  const { accountId, apiToken } = JSON.parse(SecretString)
  const answer = await fetch(`${CLOUDFLARE_API_BASE_URL}/accounts/${accountId}/analytics_engine/sql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiToken}` },
    body: query,
    signal: AbortSignal.timeout(10_000),
  })
  // Never the body, which may repeat the request.
  if (!answer.ok) throw new Error(`Analytics Engine answered ${answer.status}`)
  const { data } = await answer.json()
  for (const row of data) {
    const values = Object.fromEntries(counts.map((name) => [name, Number(row[name])]))
    report(['Stage', 'priority'], { Stage: STAGE, priority: row.priority, ...values }, Object.keys(values))
  }
  // Without traffic there is no row: the alarm on silence looks at this one.
  report(['Stage'], { Stage: STAGE, copies: 1 }, ['copies'])

  /** One line in CloudWatch's embedded metric format: a metric needs no call and no permission. */
  function report(dimensions, values, names) {
    const Metrics = names.map((Name) => ({ Name, Unit: 'Count' }))
    const CloudWatchMetrics = [{ Namespace: NAMESPACE, Dimensions: [dimensions], Metrics }]
    console.log(JSON.stringify({ _aws: { Timestamp: (to - 60) * 1_000, CloudWatchMetrics }, ...values }))
  }
}
