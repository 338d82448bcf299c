import * as client from '@aws-sdk/client-cloudformation'
import * as sts from '@aws-sdk/client-sts'
import { Fault, type Fields } from './protocol.ts'
import { administratorKey, operatorKey, type Service } from './server.ts'
import { account, region, StackTemplate } from './template.ts'

/** One change of a stack that was carried out. */
export interface Deployment {
  readonly stack: string
  readonly parameters: Readonly<Record<string, string>>
}

/** Stacks, which the CDK's command line changes by change sets. */
export class CloudFormation {
  readonly deployments: Deployment[] = []
  /** Releases that set off an alarm: name of the alarm by the start of the release's name. */
  readonly badReleases = new Map<string, string>()
  /** Stacks whose next update pauses at the checkpoint of its instance refresh, for some looks at it. */
  readonly pausing = new Set<string>()
  readonly #paused = new Map<
    string,
    { looks: number; readonly parameters: Readonly<Record<string, string>> }
  >()
  readonly #stacks: Map<string, StackTemplate>
  readonly #there = new Set<string>()
  readonly #objects: ReadonlyMap<string, Buffer>
  readonly #parameters = new Map<string, Readonly<Record<string, string>>>()
  readonly #changeSets = new Map<
    string,
    { readonly parameters: Readonly<Record<string, string>>; readonly template: StackTemplate }
  >()
  readonly #deployed: (template: StackTemplate) => void
  /** Stacks whose last update was rolled back. */
  readonly #rolledBack = new Set<string>()

  /**
   * @param objects of the bucket to which the command line uploads its templates, by path
   * @param deployed is told each stack that was made
   */
  constructor(
    stacks: readonly StackTemplate[],
    objects: ReadonlyMap<string, Buffer>,
    deployed: (template: StackTemplate) => void,
  ) {
    this.#stacks = new Map(stacks.map((stack) => [stack.name, stack]))
    this.#objects = objects
    this.#deployed = deployed
  }

  /** Makes a stack of the templates, or updates it. */
  deploy(name: string): void {
    const template = this.#stacks.get(name)
    if (template === undefined) return
    this.#there.add(name)
    this.#deployed(template)
  }

  /** Present values of a stack's parameters. */
  set(stack: string, parameters: Readonly<Record<string, string>>): void {
    this.#parameters.set(stack, parameters)
  }

  remove(name: string): void {
    this.#there.delete(name)
  }

  /** Whether old and new instances of a stack serve side by side. */
  isPaused(stack: string): boolean {
    return this.#paused.has(stack)
  }

  releaseOf(stack: string): string | undefined {
    return this.#parameters.get(stack)?.Release
  }

  get service(): Service {
    const onStack =
      (action: string) =>
      ({ StackName }: Fields) => [
        { action: `cloudformation:${action}`, resource: stackArn(nameOf(StackName)) },
      ]
    return {
      protocol: 'query',
      client,
      operations: {
        DescribeStacks: {
          wants: onStack('DescribeStacks'),
          answer: ({ StackName }) => {
            this.#look(nameOf(StackName))
            return { Stacks: [this.#described(nameOf(StackName))] }
          },
        },
        GetTemplate: { wants: onStack('GetTemplate'), answer: () => ({ TemplateBody: '{"Resources":{}}' }) },
        DescribeStackEvents: { wants: onStack('DescribeStackEvents'), answer: () => ({ StackEvents: [] }) },
        CreateChangeSet: { wants: onStack('CreateChangeSet'), answer: (input) => this.#create(input) },
        DeleteChangeSet: { wants: onStack('DeleteChangeSet'), answer: () => ({}) },
        DescribeChangeSet: {
          wants: onStack('DescribeChangeSet'),
          answer: ({ StackName, ChangeSetName }) => {
            if (!this.#changeSets.has(nameOf(StackName))) {
              throw new Fault('ChangeSetNotFound', `ChangeSet [${ChangeSetName}] does not exist`)
            }
            return {
              ...{
                StackName: nameOf(StackName),
                ChangeSetName,
                Status: 'CREATE_COMPLETE',
                ExecutionStatus: 'AVAILABLE',
              },
              ...{
                ChangeSetId: `${stackArn(nameOf(StackName))}/change`,
                StackId: stackArn(nameOf(StackName)),
                Changes: [{ Type: 'Resource' }],
              },
            }
          },
        },
        ExecuteChangeSet: {
          wants: onStack('ExecuteChangeSet'),
          answer: ({ StackName }) => {
            const stack = nameOf(StackName)
            const { parameters = {}, template } = this.#changeSets.get(stack) ?? {}
            // A stack of another program, as the CDK's own.
            if (template !== undefined && !this.#stacks.has(stack)) this.#stacks.set(stack, template)
            this.#changeSets.delete(stack)
            this.#rolledBack.delete(stack)
            if (this.pausing.delete(stack)) this.#paused.set(stack, { looks: 0, parameters })
            else if (template !== undefined && this.#isStopped(template, parameters))
              this.#rolledBack.add(stack)
            else {
              this.#parameters.set(stack, parameters)
              this.deploy(stack)
            }
            this.deployments.push({ stack, parameters })
            return {}
          },
        },
        UpdateTerminationProtection: { wants: onStack('UpdateTerminationProtection'), answer: () => ({}) },
        CancelUpdateStack: {
          wants: onStack('CancelUpdateStack'),
          answer: ({ StackName }) => {
            if (!this.#paused.delete(nameOf(StackName))) {
              const words = 'CancelUpdateStack cannot be called from current stack status'
              throw new Fault('ValidationError', words)
            }
            this.#rolledBack.add(nameOf(StackName))
            return {}
          },
        },
      },
    }
  }

  /** A paused update goes on after some looks, if nobody has cancelled it. */
  #look(stack: string): void {
    const paused = this.#paused.get(stack)
    if (paused === undefined) return
    paused.looks += 1
    if (paused.looks < 4) return
    this.#paused.delete(stack)
    this.#parameters.set(stack, paused.parameters)
    this.deploy(stack)
  }

  #described(name: string): Fields {
    const template = this.#stacks.get(name)
    const isThere = template !== undefined && this.#there.has(name)
    if (!isThere && !this.#changeSets.has(name))
      throw new Fault('ValidationError', `Stack with id ${name} does not exist`)
    return {
      ...{
        StackName: name,
        StackId: stackArn(name),
        StackStatus: isThere ? this.#status(name) : 'REVIEW_IN_PROGRESS',
        CreationTime: new Date(0),
      },
      ...{ EnableTerminationProtection: true, Tags: [] },
      Outputs: Object.entries((isThere && template?.outputs) || {}).map(([OutputKey, OutputValue]) => ({
        OutputKey,
        OutputValue,
      })),
      Parameters: Object.entries(this.#parameters.get(name) ?? {}).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
    }
  }

  #status(name: string): string {
    if (this.#paused.has(name)) return 'UPDATE_IN_PROGRESS'
    return this.#rolledBack.has(name) ? 'UPDATE_ROLLBACK_COMPLETE' : 'UPDATE_COMPLETE'
  }

  /**
   * Whether an alarm stops the update. Only if the update policy of a group names the alarm, and pauses at a
   * checkpoint, where it can ring before all instances are replaced.
   */
  #isStopped(template: StackTemplate, { Release = '' }: Readonly<Record<string, string>>): boolean {
    const alarm = this.badReleases.get(Release.split('-')[0] ?? '')
    if (alarm === undefined) return false
    const ids = Object.entries(template.resources)
      .filter(([, { Properties }]) => String(Properties.AlarmName ?? '').endsWith(`-${alarm}`))
      .map(([id]) => id)
    return Object.values(template.resources).some(({ UpdatePolicy }) => {
      const { Preferences } = UpdatePolicy?.AutoScalingInstanceRefresh ?? {}
      const named = JSON.stringify(Preferences?.AlarmSpecification ?? {})
      return (
        (Preferences?.CheckpointPercentages?.[0] ?? 100) < 100 && ids.some((id) => named.includes(`"${id}"`))
      )
    })
  }

  /** Checks the parameters against the uploaded template, in the real service's words (aws/aws-cdk#12759). */
  #create({ StackName, TemplateURL, TemplateBody, Parameters = [] }: Fields): Fields {
    const stack = nameOf(StackName)
    const uploaded = TemplateURL === undefined ? undefined : new URL(String(TemplateURL)).pathname
    const text = TemplateBody ?? this.#objects.get(uploaded ?? '')?.toString() ?? '{}'
    const template = new StackTemplate(stack, stack === 'CDKToolkit' ? toolkit(String(text)) : String(text))
    const given = Parameters as readonly {
      ParameterKey: string
      ParameterValue?: string
      UsePreviousValue?: boolean
    }[]
    const unknown = given.filter(({ ParameterKey }) => !(ParameterKey in template.parameters))
    if (unknown.length > 0) {
      const names = unknown.map(({ ParameterKey }) => ParameterKey).join(', ')
      throw new Fault('ValidationError', `Parameters: [${names}] do not exist in the template`)
    }
    const parameters = given.map(({ ParameterKey, ParameterValue, UsePreviousValue }) => [
      ParameterKey,
      UsePreviousValue ? (this.#parameters.get(stack)?.[ParameterKey] ?? '') : (ParameterValue ?? ''),
    ])
    this.#changeSets.set(stack, { parameters: Object.fromEntries(parameters), template })
    return { Id: `${stackArn(stack)}/change`, StackId: stackArn(stack) }
  }
}

/** STS: the CDK's command line takes roles of its bootstrap stack, whose policies are not in these templates. */
export const securityTokens = (): Service => ({
  protocol: 'query',
  client: sts,
  operations: {
    GetCallerIdentity: {
      // Needs no permission.
      wants: () => [],
      answer: () => ({
        Account: account,
        UserId: operatorKey,
        Arn: `arn:aws:sts::${account}:assumed-role/operator/me`,
      }),
    },
    AssumeRole: {
      wants: ({ RoleArn }) => [{ action: 'sts:AssumeRole', resource: String(RoleArn) }],
      answer: ({ RoleArn }) => ({
        Credentials: {
          ...{ AccessKeyId: administratorKey, SecretAccessKey: 'secret', SessionToken: 'session' },
          Expiration: new Date('2100-01-01T00:00:00Z'),
        },
        AssumedRoleUser: { AssumedRoleId: 'AROA:cdk', Arn: RoleArn },
      }),
    },
  },
})

/** The CDK's bootstrap stack, which is YAML: its parameters, and the outputs that the command line reads. */
function toolkit(yaml: string): string {
  const [, section = ''] = /^Parameters:\n((?: .*\n|\n)*)/m.exec(yaml) ?? []
  const parameters = [...section.matchAll(/^ {2}(\w+):/gm)].map(([, name]) => [name, {}])
  const outputs = { BucketName: `cdk-hnb659fds-assets-${account}-${region}`, BootstrapVersion: '30' }
  return JSON.stringify({
    Resources: {},
    Parameters: Object.fromEntries(parameters),
    Outputs: Object.fromEntries(Object.entries(outputs).map(([name, Value]) => [name, { Value }])),
  })
}

const nameOf = (nameOrArn: unknown): string =>
  /stack\/([^/]+)/.exec(String(nameOrArn))?.[1] ?? String(nameOrArn)
const stackArn = (name: string): string => `arn:aws:cloudformation:${region}:${account}:stack/${name}/1`
