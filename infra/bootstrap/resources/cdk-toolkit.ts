import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { program } from '../../runbook/command.ts'
import { readParameter } from '../../runbook/parameters.ts'
import type { Resource } from '../resource.ts'

/** Version of the CDK's bootstrap stack that its templates ask for (`CheckBootstrapVersion`). */
const versionMin = 6
const isRecent = `at least ${versionMin}`

/** Roles and a bucket with which the CDK deploys to the account and region. */
export const cdkToolkit: Resource = {
  name: 'CDK bootstrap stack',
  wanted: () => ({ version: isRecent }),
  read: async ({ run }) => {
    const { Account = '' } = await run.aws.sts.send(new GetCallerIdentityCommand({}))
    run.set('account', Account)
    const version = await readParameter(run, '/cdk-bootstrap/hnb659fds/version')
    if (version === undefined) return undefined
    return { version: Number(version) >= versionMin ? isRecent : version }
  },
  make: ({ run }) => [
    program(['cdk', 'bootstrap', `aws://${run.fact('account')}/${run.region}`], { folder: 'infra' }),
  ],
}
