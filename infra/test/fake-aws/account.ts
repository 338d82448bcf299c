import { AutoScaling } from './auto-scaling.ts'
import { Backup } from './backup.ts'
import { BackupVaults } from './backup-vaults.ts'
import { Certificates } from './certificates.ts'
import { CloudFormation, securityTokens } from './cloudformation.ts'
import { DocumentDb } from './documentdb.ts'
import type { Statement } from './iam.ts'
import { Identities } from './identities.ts'
import { objectStore, ZonalShifts } from './raw.ts'
import { FakeAwsServer } from './server.ts'
import { StackTemplate } from './template.ts'
import { Secrets, SystemsManager } from './vault.ts'

/** Region of the copies of production's backups. */
const copyRegion = 'us-west-2'

/** An account in which a stage is deployed from its templates, and who may do in it what the operator policy says. */
export class FakeAccount {
  readonly server: FakeAwsServer
  readonly autoscaling: AutoScaling
  readonly database: DocumentDb
  readonly stacks: CloudFormation
  readonly secrets: Secrets
  readonly systems: SystemsManager
  readonly shifts: ZonalShifts
  readonly objects: Map<string, Buffer>
  readonly identities: Identities
  readonly certificates: Certificates
  readonly vaults: BackupVaults
  /** Vaults of the region that gets copies of backups. */
  readonly copies: BackupVaults

  private constructor(parts: Omit<FakeAccount, 'close'>) {
    this.server = parts.server
    this.autoscaling = parts.autoscaling
    this.database = parts.database
    this.stacks = parts.stacks
    this.secrets = parts.secrets
    this.systems = parts.systems
    this.shifts = parts.shifts
    this.objects = parts.objects
    this.identities = parts.identities
    this.certificates = parts.certificates
    this.vaults = parts.vaults
    this.copies = parts.copies
  }

  /** @param isEmpty nothing is deployed yet, not even the CDK's bootstrap stack */
  static async start(
    templates: string,
    stage = 'production',
    { isEmpty = false } = {},
  ): Promise<FakeAccount> {
    const [network, data, origin] = ['network', 'data', 'origin'].map((name) =>
      StackTemplate.read(templates, `spillway-${stage}-${name}`),
    ) as [StackTemplate, StackTemplate, StackTemplate]
    const objects = new Map<string, Buffer>()
    const autoscaling = new AutoScaling(origin)
    const database = new DocumentDb(data)
    const secrets = new Secrets()
    const systems = new SystemsManager((group) =>
      (autoscaling.groups.get(group)?.instances ?? []).map(({ InstanceId }) => InstanceId),
    )
    const stacks = new CloudFormation([network, data, origin], objects, (template) => {
      secrets.deployed(template)
      if (template.name === 'CDKToolkit') systems.parameters.set('/cdk-bootstrap/hnb659fds/version', '30')
    })
    if (!isEmpty) {
      for (const { name } of [network, data, origin]) stacks.deploy(name)
      systems.parameters.set('/cdk-bootstrap/hnb659fds/version', '30')
    }
    const [identities, certificates] = [new Identities(), new Certificates()]
    const [vaults, copies] = [new BackupVaults(), new BackupVaults()]
    const backup = new Backup(data, database).service
    const shifts = new ZonalShifts([...autoscaling.groups.keys()])
    const buckets = data.ofType('AWS::S3::Bucket').map(([, { BucketName }]) => String(BucketName))
    const server = await FakeAwsServer.start(
      {
        autoscaling: autoscaling.service,
        rds: database.service,
        cloudformation: stacks.service,
        secretsmanager: secrets.service,
        ssm: systems.service,
        backup: { ...backup, operations: { ...backup.operations, ...vaults.operations } },
        [`backup@${copyRegion}`]: copies.service,
        acm: certificates.service,
        iam: identities.service,
        s3: objectStore(objects, buckets),
        sts: securityTokens(),
        'arc-zonal-shift': shifts.service,
      },
      policyStatements(data, 'Operator'),
    )
    return new FakeAccount({
      ...{ server, autoscaling, database, stacks, secrets, systems, shifts, objects },
      ...{ identities, certificates, vaults, copies },
    })
  }

  close(): Promise<void> {
    return this.server.close()
  }
}

/** Permissions of one of the stage's policies for people, as CloudFormation would resolve it. */
export function policyStatements(data: StackTemplate, output: string): readonly Statement[] {
  const policy = data.ofType('AWS::IAM::ManagedPolicy').find(([id]) => id.startsWith(output))
  if (policy === undefined) throw new Error(`no policy ${output} in ${data.name}`)
  const [, { PolicyDocument }] = policy
  return (PolicyDocument as { readonly Statement: readonly Statement[] }).Statement
}
