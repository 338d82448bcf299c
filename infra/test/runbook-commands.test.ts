import { execFile, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { type ChangeSet, FakeAws } from './support/fake-aws.ts'
import { commandsWith, shellBlocks } from './support/runbooks.ts'

const root = join(import.meta.dirname, '..', '..')

describe('the shell blocks of the runbooks', () => {
  it.each(shellBlocks)('$runbook: a block can be pasted', ({ text }) => {
    const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    // A shell reads `<name>` as a redirection; a runbook sets a variable instead.
    expect(text).not.toMatch(/<[a-z][^<>\n]*>/)
    // Blocks are pasted into one shell, in any order, at the root of the checkout.
    expect(text).not.toMatch(/^\s*cd |&& cd /m)
  })

  it('use the command lines of the lockfile', () => {
    for (const { command } of commandsWith('npx '))
      expect(command).toMatch(/npx -w (infra cdk|edge wrangler) /)
  })
})

describe('the CDK’s command line against CloudFormation', () => {
  let aws: FakeAws
  beforeAll(async () => {
    aws = await FakeAws.start()
  })
  afterAll(() => aws.close())

  const release = `0123456789ab-${'c'.repeat(64)}`
  const dry = '--app "$ASSEMBLY" --method prepare-change-set --require-approval never'
  /** Runs a command as a person pastes it, on templates that exist, up to the point at which it would change a stack. */
  const paste = (command: string) =>
    promisify(execFile)('bash', ['-c', `npx() { cd "$2" && shift 2 && "$@" ${dry}; }\n${command}`], {
      cwd: root,
      env: {
        PATH: `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`,
        HOME: process.env.HOME,
        ASSEMBLY: inject('templates'),
        AWS_ENDPOINT_URL: aws.url,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_REGION: 'us-east-1',
        // It would come from a process of its own.
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        STAGE: 'production',
        RELEASE: release,
        FORMER: release,
      },
    })

  const made = new Map<string, readonly ChangeSet[]>()
  /** Change sets of a command, which is run once: several runbooks have the same one. */
  const changeSetsOf = async (command: string): Promise<readonly ChangeSet[]> => {
    const known = made.get(command)
    if (known !== undefined) return known
    aws.changeSets.length = 0
    await paste(command)
    const found = [...aws.changeSets]
    made.set(command, found)
    return found
  }

  const deployments = commandsWith('cdk deploy')
  it.each(deployments)('$runbook: $command', async ({ command }) => {
    const changeSets = await changeSetsOf(command)
    const named = [
      ...new Set(
        [...command.matchAll(/ spillway-\$STAGE-(\w+)/g)].map(([, name]) => `spillway-production-${name}`),
      ),
    ]
    expect(named).not.toEqual([])
    // Exactly the named stacks, and the release only for the stack that has such a parameter.
    expect(changeSets).toEqual(
      named.map((stack) => ({ stack, parameters: stack.endsWith('-origin') ? { Release: release } : {} })),
    )
  })

  it('makes no change set of any stack for a release that is also given to the stacks before it', async () => {
    aws.changeSets.length = 0
    const [origin] = deployments.filter(({ command }) =>
      command.includes('--exclusively spillway-$STAGE-origin'),
    )
    const inclusive = (origin?.command ?? '').replace('--exclusively ', '')
    await expect(paste(inclusive)).rejects.toThrow(/Parameters: \[Release\] do not exist in the template/)
    expect(aws.changeSets).toEqual([])
  })
})
