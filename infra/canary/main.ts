/**
 * Program: `npm run canary [-- --url URL]` reads, writes, conflicts and is denied at an edge, and says of each whether
 * it was as it should be. Exits with 1 if one was not.
 */

import { parseArgs } from 'node:util'
import { issuerKeys } from '@spillway/edge/dev/development'
import { runningPorts } from '@spillway/edge/dev/kept-ports'
import { mintToken, tokenAudience } from '@spillway/edge/dev/token'
import { tools } from '@spillway/origin/application/tools'
import { messageOf } from '@spillway/origin/dev/message-of'
import { runCanary } from './canary.ts'

const usage = `npm run canary                          the edge that npm start runs
npm run canary -- --url URL             any edge; CANARY_TOKEN is a token or API key of an identity that
                                        nothing else uses
  --json                                a line of JSON for each step`

const subject = 'spillway-canary'

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { url: { type: 'string' }, json: { type: 'boolean' } } })
  const { canary } = tools
  if (canary === undefined)
    throw new Error('the application names no resource for it: see canary in origin/application/tools.ts')
  const token = process.env.CANARY_TOKEN ?? (values.url === undefined ? await developmentToken() : undefined)
  if (token === undefined) throw new Error('CANARY_TOKEN is not set')
  const url = values.url ?? `http://127.0.0.1:${runningPorts(process.env).edge}`
  const results = await runCanary({ url, token, target: canary, fetch, now: () => performance.now() })
  for (const { step, ms, wrong, attempts } of results) {
    if (values.json === true) console.log(JSON.stringify({ step, ms: Math.round(ms), wrong, attempts }))
    else {
      const again = attempts > 1 ? `, ${attempts} requests` : ''
      console.log(
        `${wrong === undefined ? 'ok  ' : 'FAIL'} ${step.padEnd(8)} ${Math.round(ms)} ms${again}${wrong === undefined ? '' : `: ${wrong}`}`,
      )
    }
  }
  if (results.some(({ wrong }) => wrong !== undefined)) process.exitCode = 1
}

async function developmentToken(): Promise<string> {
  const [key] = await issuerKeys()
  const issuer = `http://127.0.0.1:${runningPorts(process.env).issuer}`
  const expiresInSeconds = 300
  return await mintToken(
    { key, issuer, audience: tokenAudience },
    { sub: subject, scopes: [], claims: {}, expiresInSeconds },
  )
}

try {
  await main()
} catch (error) {
  console.error(`${messageOf(error)}\n\n${usage}`)
  process.exitCode = 2
}
