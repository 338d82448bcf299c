import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { endServer, listenOnLoopback } from '@spillway/origin/dev/loopback-server'
import { portOf } from '@spillway/origin/dev/ports'
import { isAllowed, type Statement, type Wanted } from './iam.ts'
import { checked, Fault, type Fields, operationSchema, readForm, writeJson, writeXml } from './protocol.ts'
import { region } from './template.ts'

export interface Operation {
  /** Permission that IAM must give. */
  readonly wants: (input: Fields) => readonly Wanted[]
  readonly answer: (input: Fields) => Fields | undefined
}

export interface Service {
  readonly protocol: 'query' | 'json' | 'rest' | 'raw'
  /** Exports of the SDK's client, which have the schemas. */
  readonly client: Fields
  readonly operations: Readonly<Record<string, Operation>>
}

/** A request of a service without schemas here. */
export interface RawRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly body: Buffer
}
export interface RawAnswer {
  readonly status?: number
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
}
export type RawService = (request: RawRequest, allow: (wanted: Wanted) => void) => RawAnswer

export interface Call {
  readonly service: string
  readonly operation: string
  readonly input: Fields
}

/**
 * Callers by access key. The administrator stands for roles whose policies are not in the templates, such as the CDK's.
 */
export const operatorKey = 'AKIAOPERATOR00000000'
export const administratorKey = 'ASIACDKROLE000000000'

/**
 * AWS on one port of loopback (`AWS_ENDPOINT_URL`), as much as the runbooks use. A request names its service and caller
 * in its signature; the schema of the operation checks its parameters, and the synthesized policies its permissions.
 * Anything else is an error, and is kept in `unexpected`.
 */
export class FakeAwsServer {
  readonly calls: Call[] = []
  readonly unexpected: string[] = []
  readonly #server: Server
  readonly #services: Readonly<Record<string, Service | RawService>>
  /** Permissions by access key. A caller without any here stands for an administrator. */
  readonly policies: Map<string, readonly Statement[]>

  private constructor(
    server: Server,
    services: Readonly<Record<string, Service | RawService>>,
    operator: readonly Statement[],
  ) {
    this.#server = server
    this.#services = services
    this.policies = new Map([[operatorKey, operator]])
  }

  static async start(
    services: Readonly<Record<string, Service | RawService>>,
    operator: readonly Statement[],
  ): Promise<FakeAwsServer> {
    const server = createServer()
    const fake = new FakeAwsServer(server, services, operator)
    server.on('request', (request, response) => void fake.#answer(request, response))
    await listenOnLoopback(server)
    return fake
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.#server)}`
  }

  /** Environment of a caller with the stage's operator policy. */
  get environment(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_ACCESS_KEY_ID: operatorKey,
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
    }
  }

  close(): Promise<void> {
    return endServer(this.#server)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks)
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url)
    const [, key = '', at, name = ''] =
      /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\//.exec(request.headers.authorization ?? '') ?? []
    const allow = (wanted: Wanted): void => {
      const statements = this.policies.get(key)
      if (statements !== undefined && !isAllowed(statements, wanted)) {
        throw new Fault(
          'AccessDenied',
          `not authorized to perform: ${wanted.action} on resource: ${wanted.resource}`,
        )
      }
    }
    // A service of another region is another one.
    const service = this.#services[at === region ? name : `${name}@${at}`]
    try {
      if (service === undefined)
        throw new Fault('UnknownService', `no service ${name} in ${at}: ${request.method} ${request.url}`)
      const raw = { method: request.method ?? '', path: pathname, query: searchParams, body }
      if (typeof service === 'function') {
        const { status = 200, body: text, headers = {} } = service(raw, allow)
        response.writeHead(status, headers).end(text)
      } else {
        const target = String(request.headers['x-amz-target'] ?? '')
        this.#typed(name, service, { ...raw, target }, allow, response)
      }
    } catch (error) {
      this.#refuse(error, service, response)
    }
  }

  #typed(
    name: string,
    service: Service,
    request: RawRequest & { readonly target: string },
    allow: (wanted: Wanted) => void,
    response: ServerResponse,
  ): void {
    const { operation, input } = read(service, request)
    const handler = service.operations[operation]
    if (handler === undefined) throw new Fault('InvalidAction', `${name} has no ${operation} here`)
    for (const wanted of handler.wants(input)) allow(wanted)
    const output = handler.answer(input)
    this.calls.push({ service: name, operation, input })
    if (service.protocol === 'query') {
      const xml = writeXml(operationSchema(service.client, operation).output, output ?? {})
      response.setHeader('content-type', 'text/xml')
      response.end(
        `<${operation}Response><${operation}Result>${xml}</${operation}Result></${operation}Response>`,
      )
    } else {
      response.setHeader('content-type', 'application/x-amz-json-1.1')
      response.end(writeJson(output ?? {}))
    }
  }

  #refuse(error: unknown, service: Service | RawService | undefined, response: ServerResponse): void {
    const fault =
      error instanceof Fault ? error : new Fault('InternalFailure', String((error as Error)?.stack))
    if (['InvalidAction', 'UnknownService', 'InternalFailure'].includes(fault.code))
      this.unexpected.push(fault.message)
    const { code, message } = fault
    if (typeof service === 'object' && service.protocol !== 'query') {
      response.writeHead(400, { 'content-type': 'application/json', 'x-amzn-errortype': code })
      response.end(JSON.stringify({ __type: code, message, Message: message }))
    } else {
      const xml = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
      response.writeHead(400, { 'content-type': 'text/xml' })
      response.end(
        `<ErrorResponse><Error><Code>${code}</Code><Message>${xml}</Message></Error></ErrorResponse>`,
      )
    }
  }
}

/** Operation and input of a request. */
function read(
  { protocol, client, operations }: Service,
  { method, path, query, body, target }: RawRequest & { readonly target: string },
): { readonly operation: string; readonly input: Fields } {
  if (protocol === 'query') {
    const form = new URLSearchParams(body.toString())
    const operation = form.get('Action') ?? ''
    return { operation, input: readForm(operationSchema(client, operation).input, form) }
  }
  if (protocol === 'json') {
    const operation = target.split('.')[1] ?? ''
    const { input } = operationSchema(client, operation)
    return { operation, input: checked(input, JSON.parse(body.toString())) }
  }
  for (const operation of Object.keys(operations)) {
    const { http, input } = operationSchema(client, operation)
    const [verb, template = ''] = http ?? []
    const [pathTemplate = ''] = template.split('?')
    const pattern = pathTemplate.replaceAll(/\{(\w+)\+?\}/g, '(?<$1>[^/]+)').replace(/\/$/, '')
    const match = verb === method ? new RegExp(`^${pattern}/?$`).exec(path) : null
    if (match === null) continue
    const labels = Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)])
    const text = body.toString()
    const fields = { ...Object.fromEntries(labels), ...(text === '' ? {} : JSON.parse(text)) }
    for (const [key, member] of input.isStructSchema() ? input.structIterator() : []) {
      const parameter = member.getMergedTraits().httpQuery as string | undefined
      const value = parameter === undefined ? null : query.get(parameter)
      if (value !== null) fields[key] = value
    }
    return { operation, input: checked(input, fields) }
  }
  throw new Fault('InvalidAction', `${method} ${path}`)
}
