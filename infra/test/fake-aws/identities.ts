import * as client from '@aws-sdk/client-iam'
import type { Statement } from './iam.ts'
import { Fault, type Fields } from './protocol.ts'
import type { Operation, Service } from './server.ts'
import { account } from './template.ts'

interface Role {
  trust: string
  readonly policies: Map<string, string>
}

/** IAM: roles with policies of their own, and providers of identities. It keeps documents as JSON, and answers them percent-encoded. */
export class Identities {
  readonly roles = new Map<string, Role>()
  readonly providers = new Map<string, string[]>()

  /** Statements of a role's policies. */
  statementsOf(role: string): readonly Statement[] {
    return [...this.#role(role).policies.values()].flatMap((text) => JSON.parse(text).Statement)
  }

  #role(name: unknown): Role {
    const role = this.roles.get(String(name))
    if (role === undefined) throw absent(`The role with name ${name} cannot be found.`)
    return role
  }

  #provider(arn: unknown): string[] {
    const provider = this.providers.get(String(arn))
    if (provider === undefined) throw absent(`OpenIDConnect Provider not found for arn ${arn}`)
    return provider
  }

  get service(): Service {
    const operation = (name: string, answer: (input: Fields) => Fields): Record<string, Operation> => ({
      [name]: { wants: () => [{ action: `iam:${name}`, resource: '*' }], answer },
    })
    return {
      protocol: 'query',
      client,
      operations: {
        ...operation('GetRole', ({ RoleName }) => ({
          Role: {
            ...{ Path: '/', RoleName, RoleId: 'AROA1', CreateDate: new Date(0) },
            Arn: `arn:aws:iam::${account}:role/${RoleName}`,
            AssumeRolePolicyDocument: encodeURIComponent(this.#role(RoleName).trust),
          },
        })),
        ...operation('CreateRole', ({ RoleName, AssumeRolePolicyDocument }) => {
          if (this.roles.has(String(RoleName))) throw new Fault('EntityAlreadyExists', String(RoleName))
          if (!/^[\w+=,.@-]{1,64}$/.test(String(RoleName))) throw new Fault('ValidationError', 'RoleName')
          const trust = checkedDocument(AssumeRolePolicyDocument)
          this.#mustKnow(trust)
          this.roles.set(String(RoleName), { trust, policies: new Map() })
          return { Role: { Path: '/', RoleName, RoleId: 'AROA1', Arn: '', CreateDate: new Date(0) } }
        }),
        ...operation('UpdateAssumeRolePolicy', ({ RoleName, PolicyDocument }) => {
          this.#role(RoleName).trust = checkedDocument(PolicyDocument)
          return {}
        }),
        ...operation('GetRolePolicy', ({ RoleName, PolicyName }) => {
          const text = this.#role(RoleName).policies.get(String(PolicyName))
          if (text === undefined) throw absent(`The role policy with name ${PolicyName} cannot be found.`)
          return { RoleName, PolicyName, PolicyDocument: encodeURIComponent(text) }
        }),
        ...operation('PutRolePolicy', ({ RoleName, PolicyName, PolicyDocument }) => {
          this.#role(RoleName).policies.set(String(PolicyName), checkedDocument(PolicyDocument))
          return {}
        }),
        ...operation('GetOpenIDConnectProvider', ({ OpenIDConnectProviderArn: arn }) => ({
          ClientIDList: this.#provider(arn),
        })),
        ...operation('CreateOpenIDConnectProvider', ({ Url, ClientIDList = [] }) => {
          const arn = `arn:aws:iam::${account}:oidc-provider/${String(Url).replace('https://', '')}`
          if (this.providers.has(arn)) throw new Fault('EntityAlreadyExists', arn)
          this.providers.set(arn, [...(ClientIDList as string[])])
          return { OpenIDConnectProviderArn: arn }
        }),
        ...operation('AddClientIDToOpenIDConnectProvider', ({ OpenIDConnectProviderArn: arn, ClientID }) => {
          this.#provider(arn).push(String(ClientID))
          return {}
        }),
      },
    }
  }

  /** IAM refuses a principal that does not exist. */
  #mustKnow(trust: string): void {
    for (const { Principal } of JSON.parse(trust).Statement)
      if (!this.providers.has(Principal.Federated))
        throw new Fault('MalformedPolicyDocument', 'Invalid principal')
  }
}

const absent = (message: string) => new Fault('NoSuchEntity', message)

function checkedDocument(text: unknown): string {
  const { Version, Statement } = JSON.parse(String(text))
  if (Version !== '2012-10-17' || !Array.isArray(Statement))
    throw new Fault('MalformedPolicyDocument', 'Version, Statement')
  return String(text)
}
