import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CancelUpdateStackCommand } from '@aws-sdk/client-cloudformation'
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { isSigned } from '../release/signature.ts'
import { canaryBetween, canaryHarm, canaryInputs, needCanary } from '../runbook/canary.ts'
import { call, program } from '../runbook/command.ts'
import { isWhole, noRefresh } from '../runbook/groups.ts'
import { madeRing } from '../runbook/rings.ts'
import type { Run } from '../runbook/run.ts'
import type { Runbook } from '../runbook/runbook.ts'
import { deployData, deployRelease, releaseOf, unsettled } from '../runbook/stacks.ts'
import { originRings } from '../src/keys/key-ring.ts'

/** Files of a release, by their endings: the signature is there where the stage has keys. The archive comes last. */
const endings = ({ config }: Run): readonly string[] =>
  config.releaseKeys.length === 0 ? ['.cdx.json', '.tar.gz'] : ['.cdx.json', '.sig', '.tar.gz']
const key = (run: Run, ending: string) => `origin/${run.fact('release')}${ending}`
const file = (run: Run, ending: string) => join(tmpdir(), `${run.fact('release')}${ending}`)

const isFirst = (run: Run): boolean => run.fact('former release') === ''

/** Failures of the canary when the release is all that serves. */
async function canaryOfRelease(run: Run): Promise<string | undefined> {
  const isServing =
    (await unsettled(run, 'origin')) === undefined && (await releaseOf(run)) === run.fact('release')
  return isServing ? canaryHarm(run, 'with all new origins') : undefined
}

const missingFiles = async (run: Run): Promise<readonly string[]> => {
  const { Contents = [] } = await run.aws.s3.send(
    new ListObjectsV2Command({ Bucket: run.fact('bucket'), Prefix: key(run, '') }),
  )
  const stored = new Set(Contents.map(({ Key }) => Key))
  return endings(run).filter((ending) => !stored.has(key(run, ending)))
}

export const deployOrigin: Runbook = {
  name: 'deploy-origin',
  when: 'You deploy a release of the origin: before the edge.',
  about:
    'Run npm run deploy:check -- --stage STAGE first, and npx -w infra cdk diff to see what changes. New origins start before old ones stop, a third at a time; then five minutes of observation. If OriginErrors, OriginSlow or OriginUnready fires, CloudFormation restores the former release by itself. The canary asks through the edge four times a minute meanwhile: if it fails twice, the update is cancelled, and if it fails with all new origins in service, the former release is deployed. It cannot tell a bad release from a failover of the database or an outage of the edge in these minutes: both cancel. Look with npm run why -- --stage STAGE, and run it again; --canary no leaves the canary out, for a release that mends what it finds. Origins build missing indexes in the background while they serve; what a release will build, and unique indexes, need a look before: infra/runbooks/indexes.md.',
  inputs: {
    commit: { says: 'commit of the release', pattern: /^\w[\w./-]{0,99}$/, default: 'HEAD' },
    ...canaryInputs,
  },
  look: async (run) => {
    const { Account } = await run.aws.sts.send(new GetCallerIdentityCommand({}))
    run.set('bucket', `spillway-${run.stage}-releases-${Account}-${run.region}`)
    run.set('former release', await releaseOf(run))
    // There is no edge before the first release.
    if (run.fact('former release') !== '') needCanary(run)
  },
  steps: [
    {
      say: 'Deploy network and data, whose settings the release may need',
      commands: (run) => [deployData(run)],
      check: {
        say: 'both stacks are complete',
        missing: async (run) => (await unsettled(run, 'network')) ?? unsettled(run, 'data'),
      },
      undo: () =>
        'git checkout the former commit and deploy them again; CloudFormation keeps no former template',
    },
    {
      say: 'Pack the release: the commit, and the digest that each instance checks',
      commands: (run) => [
        program(['node', 'infra/local/run.mjs', 'infra/release/main.ts', run.input('commit'), tmpdir()], {
          keep: (output) => run.set('release', output.trim().split('\n').at(-1) ?? ''),
        }),
      ],
      check: {
        say: 'the archive has a name with its digest, and a signature by a key that the stage trusts',
        missing: async (run) => {
          const release = run.fact('release')
          const { releaseKeys } = run.config
          if (!/^[0-9a-f]{12}-[0-9a-f]{64}$/.test(release)) return `it is ${release}`
          if (releaseKeys.length === 0) return undefined
          const signature = await readFile(file(run, '.sig')).catch(() => undefined)
          if (signature === undefined)
            return 'it is not signed: set RELEASE_SIGNING_KEY (infra/runbooks/first-deploy.md)'
          return isSigned(release, signature, releaseKeys)
            ? undefined
            : 'its signature is by no key of releaseKeys: no instance would run it'
        },
      },
      undo: () => 'nothing: it is a file in the temporary folder',
    },
    {
      say: 'Upload the archive, its signature and its bill of materials',
      commands: async (run) => {
        const missing = await missingFiles(run)
        return await Promise.all(
          missing.map(async (ending) =>
            call(
              run.aws.s3,
              new PutObjectCommand({
                Bucket: run.fact('bucket'),
                Key: key(run, ending),
                Body: await readFile(file(run, ending)),
              }),
              { typed: `aws s3 cp ${file(run, ending)} s3://${run.fact('bucket')}/${key(run, ending)}` },
            ),
          ),
        )
      },
      check: {
        say: 'the bucket has them',
        missing: async (run) => {
          const [ending] = await missingFiles(run)
          return ending === undefined ? undefined : `there is no ${key(run, ending)}`
        },
      },
      undo: () => 'nothing: no instance uses it until its release is deployed',
    },
    {
      say: 'Deploy the origins with the release',
      precondition: {
        say: 'no instance refresh is in progress: the two would meet; and the keys are made that origins start with',
        missing: async (run) => {
          for (const name of originRings) await madeRing(run, name)
          return noRefresh(0).missing(run)
        },
      },
      commands: (run) => [deployRelease(run, run.fact('release'))],
      meanwhile: {
        everyMs: 15_000,
        harm: async (run) => (isFirst(run) ? undefined : canaryBetween(run)),
        stop: ({ aws, stage }) => [
          call(aws.cloudformation, new CancelUpdateStackCommand({ StackName: `spillway-${stage}-origin` })),
        ],
      },
      check: {
        ...isWhole(({ group }) => group),
        say: 'the stack runs the release, all instances are in service, and the canary does not fail',
        harm: async (run) => (isFirst(run) ? undefined : canaryOfRelease(run)),
        missing: async (run) => {
          const pending = await unsettled(run, 'origin')
          if (pending !== undefined) return pending
          const release = await releaseOf(run)
          return release === run.fact('release')
            ? isWhole(({ group }) => group).missing(run)
            : `it runs ${release}`
        },
      },
      undo: (run) =>
        isFirst(run) ? 'nothing: it is the first release' : [deployRelease(run, run.fact('former release'))],
    },
  ],
  after:
    'Fleet rises by a third and falls back, twice or three times; Database: connections rises with it and stays below the line; Users does not change. Then deploy-edge. If the release turns out bad later: roll-back-origin.',
}
