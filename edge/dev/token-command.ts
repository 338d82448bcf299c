/** Program: `npm run token -- --sub alice --scope places:write` prints a token of the development issuer. */
import { parseArgs } from 'node:util'
import { developmentPorts, issuerKeys } from './development.ts'
import { mintToken, tokenAudience } from './token.ts'

const usage = `Usage: npm run token -- --sub <subject> [--scope <scope>]... [--expires <time>]

Prints an access token of the development issuer, which \`npm start\` runs. Nothing else goes to standard output:

  curl -H "Authorization: Bearer $(npm run --silent token -- --sub alice)" http://127.0.0.1:8787/v2/trips

  --sub <subject>    subject of the token (required)
  --scope <scope>    scope, such as places:write; repeat the option, or separate scopes by commas or spaces (default none)
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

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sub: { type: 'string' },
      scope: { type: 'string', multiple: true, default: [] },
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

  const issuer = `http://127.0.0.1:${developmentPorts(process.env).issuer}`
  const scopes = values.scope.flatMap((scope) => scope.split(/[\s,]+/)).filter(Boolean)
  const signer = { key, issuer, audience: tokenAudience }
  const token = await mintToken(signer, {
    sub: values.sub,
    scopes,
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
