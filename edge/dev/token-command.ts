/** Program: `npm run token -- --sub alice --scope places:write` prints a token of the development issuer. */
import { parseArgs } from 'node:util'
import { issuerKeys } from './development.ts'
import { runningPorts } from './kept-ports.ts'
import { mintToken, tokenAudience } from './token.ts'

const usage = `Usage: npm run token -- --sub <subject> [--scope <scope>]... [--claim <name>=<value>]... [--expires <time>]

Prints an access token of the development issuer, which \`npm start\` runs. Nothing else goes to standard output:

  curl -H "Authorization: Bearer $(npm run --silent token -- --sub alice)" http://127.0.0.1:8787/v2/trips

  --sub <subject>    subject of the token (required)
  --scope <scope>    scope, such as places:write; repeat the option, or separate scopes by commas or spaces (default none)
  --claim <n>=<v>    claim that access rules name, such as roles=editor or org_id=acme; with a name twice, a list
  --expires <time>   lifetime: a number and s, m, h or d (default 1h)
  --alg <algorithm>  signature algorithm, ES256 or EdDSA (default ES256)
  --help             this text
`

const secondsPer = { s: 1, m: 60, h: 3_600, d: 86_400 } as const

function seconds(text: string): number {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (amount === undefined)
    throw new Error(`Invalid --expires '${text}': must be a number and s, m, h or d, such as 30m.`)
  // The cast is safe: the pattern allows only these units.
  return Number(amount) * secondsPer[unit as keyof typeof secondsPer]
}

/** Claims of options such as `roles=editor`. A name that is given more than once has a list. */
function claimsOf(options: readonly string[]): Record<string, string | string[]> {
  const values = new Map<string, string[]>()
  for (const option of options) {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(option) ?? []
    if (name === undefined || value === undefined)
      throw new Error(`Invalid --claim '${option}': must be a name and a value, such as roles=editor.`)
    values.set(name, [...(values.get(name) ?? []), value])
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length > 1 ? all : (all[0] ?? '')]))
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sub: { type: 'string' },
      scope: { type: 'string', multiple: true, default: [] },
      claim: { type: 'string', multiple: true, default: [] },
      expires: { type: 'string', default: '1h' },
      alg: { type: 'string', default: 'ES256' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(usage)
    return
  }
  if (!values.sub) throw new Error('Missing option --sub: the subject of the token, such as alice.')
  const key = (await issuerKeys()).find(({ alg }) => alg === values.alg)
  if (key === undefined) throw new Error(`Invalid --alg '${values.alg}': must be ES256 or EdDSA.`)

  const issuer = `http://127.0.0.1:${runningPorts(process.env).issuer}`
  const scopes = values.scope.flatMap((scope) => scope.split(/[\s,]+/)).filter(Boolean)
  const signer = { key, issuer, audience: tokenAudience }
  const token = await mintToken(signer, {
    sub: values.sub,
    scopes,
    claims: claimsOf(values.claim),
    expiresInSeconds: seconds(values.expires),
  })
  console.error(
    `For ${values.sub}, ${scopes.length > 0 ? `scopes ${scopes.join(' ')}` : 'no scopes'}, ${values.expires}:`,
  )
  console.log(token)
}

try {
  await main()
} catch (error) {
  // The cast is safe: the program throws errors only.
  console.error(`${(error as Error).message}\n\n${usage}`)
  process.exitCode = 2
}
