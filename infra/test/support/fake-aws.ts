import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One CreateChangeSet that CloudFormation accepted. */
export interface ChangeSet {
  readonly stack: string
  readonly parameters: Readonly<Record<string, string>>
}

/**
 * As much of STS, Systems Manager, S3 and CloudFormation as `cdk deploy --method prepare-change-set` asks for, on one
 * port (`AWS_ENDPOINT_URL`). Every stack exists. CloudFormation checks a change set's parameters against the template
 * that was uploaded for it, and refuses an unknown one in the real service's words (aws/aws-cdk#12759).
 */
export class FakeAws {
  readonly changeSets: ChangeSet[] = []
  readonly #objects = new Map<string, string>()
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async start(): Promise<FakeAws> {
    const server = createServer()
    const fake = new FakeAws(server)
    server.on('request', (request, response) => void fake.#answer(request, response))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return fake
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request)
    const target = request.headers['x-amz-target']
    if (target === 'AmazonSSM.GetParameter') {
      response.setHeader('content-type', 'application/x-amz-json-1.1')
      response.end(JSON.stringify({ Parameter: { Name: JSON.parse(body).Name, Value: '999' } }))
    } else if (request.url === '/' && request.method === 'POST') {
      const form = new URLSearchParams(body)
      const { status, xml } = this.#query(form)
      response.writeHead(status, { 'content-type': 'text/xml' }).end(xml)
    } else {
      this.#store(request, response, body)
    }
  }

  /** S3: what the command line uploads is kept, so that a change set finds its template. */
  #store({ method, url = '' }: IncomingMessage, response: ServerResponse, body: string): void {
    const path = url.split('?')[0] as string
    if (method === 'PUT') this.#objects.set(path, body)
    response.setHeader('content-type', 'application/xml')
    if (url.includes('encryption')) {
      return void response.writeHead(404).end('<Error><Code>NoSuchEncryption</Code></Error>')
    }
    response.end(method === 'GET' ? '<ListBucketResult/>' : '')
  }

  #query(form: URLSearchParams): { readonly status: number; readonly xml: string } {
    const action = form.get('Action') ?? ''
    const stack = form.get('StackName') ?? ''
    const ok = (result: string) => ({
      status: 200,
      xml: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>`,
    })
    switch (action) {
      case 'GetCallerIdentity':
        return ok('<Account>111122223333</Account><Arn>arn:aws:iam::111122223333:user/me</Arn>')
      case 'DescribeStacks':
        return ok(`<Stacks><member>${describedStack(stack)}</member></Stacks>`)
      case 'GetTemplate':
        return ok('<TemplateBody>{"Resources":{}}</TemplateBody>')
      case 'CreateChangeSet':
        return this.#createChangeSet(form, stack, ok)
      case 'DescribeChangeSet':
        // The command line deletes a change set that an earlier run left, and waits until it is gone.
        if (!this.changeSets.some((made) => made.stack === stack)) {
          return refusal('ChangeSetNotFound', `ChangeSet [${form.get('ChangeSetName')}] does not exist`)
        }
        return ok(
          `<Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><StackName>${stack}</StackName>` +
            '<Changes><member><Type>Resource</Type></member></Changes>',
        )
      default:
        return ok('')
    }
  }

  #createChangeSet(form: URLSearchParams, stack: string, ok: (result: string) => Answer): Answer {
    const { pathname } = new URL(form.get('TemplateURL') ?? '')
    const template = JSON.parse(this.#objects.get(pathname) ?? '{}')
    const parameters: Record<string, string> = {}
    for (let index = 1; form.has(`Parameters.member.${index}.ParameterKey`); index += 1) {
      const value = form.get(`Parameters.member.${index}.ParameterValue`)
      parameters[form.get(`Parameters.member.${index}.ParameterKey`) as string] = value ?? ''
    }
    const unknown = Object.keys(parameters).filter((name) => !(name in (template.Parameters ?? {})))
    if (unknown.length > 0) {
      return refusal('ValidationError', `Parameters: [${unknown.join(', ')}] do not exist in the template`)
    }
    this.changeSets.push({ stack, parameters })
    return ok(`<Id>arn:aws:cloudformation:changeset/${stack}</Id><StackId>${stack}</StackId>`)
  }
}

interface Answer {
  readonly status: number
  readonly xml: string
}

const refusal = (code: string, message: string): Answer => ({
  status: 400,
  xml: `<ErrorResponse><Error><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
})

const describedStack = (name: string): string =>
  `<StackName>${name}</StackName><StackId>arn:aws:cloudformation:us-east-1:111122223333:stack/${name}/1</StackId>` +
  '<StackStatus>UPDATE_COMPLETE</StackStatus><CreationTime>2026-11-01T00:00:00Z</CreationTime>'

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
