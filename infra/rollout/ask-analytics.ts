/**
 * Program: `node infra/rollout/ask-analytics.ts QUERY` asks Analytics Engine by its SQL API, which wrangler has no command
 * for, and prints the answer. Token and account come from the environment, as for wrangler.
 */
const { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_ACCOUNT_ID: account } = process.env
const api = process.env.CLOUDFLARE_API_BASE_URL ?? 'https://api.cloudflare.com/client/v4'
const [query] = process.argv.slice(2)

if (query === undefined || token === undefined || account === undefined) {
  console.error('needs a query, CLOUDFLARE_API_TOKEN (Account Analytics: read) and CLOUDFLARE_ACCOUNT_ID')
  process.exitCode = 2
} else {
  const answer = await fetch(`${api}/accounts/${account}/analytics_engine/sql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: query,
    signal: AbortSignal.timeout(30_000),
  })
  const text = await answer.text()
  if (answer.ok) process.stdout.write(text)
  else {
    console.error(`Analytics Engine answers ${answer.status}: ${text.slice(0, 500)}`)
    process.exitCode = 1
  }
}
