import { parseArgs } from 'node:util'
import { dropReleaseKey, makeReleaseKey, ReleaseKeyError } from '../release/release-key.ts'
import { stageNames } from '../src/config.ts'

/** `npm run release:key -- --stage STAGE --into COMMAND`: makes the key that signs a stage's releases. */
const usage = `usage: npm run release:key -- --stage ${stageNames.join(' | ')} (--into COMMAND | --drop)
  --into COMMAND  makes a key; COMMAND gets the private half, a PEM, on its standard input and keeps it, for example
                  gh secret set RELEASE_SIGNING_KEY --env production
  --drop          forgets the older of two keys, once what runs is signed by the newer one
The public halves are in infra/src/trusted-keys.json: commit it, and deploy-origin.`

try {
  const { values } = parseArgs({
    options: { stage: { type: 'string' }, into: { type: 'string' }, drop: { type: 'boolean' } },
  })
  const stage = stageNames.find((name) => name === values.stage)
  if (stage === undefined || (values.into === undefined) === (values.drop !== true))
    throw new ReleaseKeyError(usage)
  if (values.into === undefined) dropReleaseKey(stage)
  else console.log(`${stage} trusts ${makeReleaseKey(stage, values.into)}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = error instanceof ReleaseKeyError && error.message !== usage ? 1 : 2
}
