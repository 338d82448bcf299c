import { createHash } from 'node:crypto'
import * as client from '@aws-sdk/client-acm'
import { Fault, type Fields } from './protocol.ts'
import type { Service } from './server.ts'
import { account, region } from './template.ts'

interface Certificate {
  readonly arn: string
  readonly token: unknown
  readonly names: readonly string[]
}

/** ACM: a certificate is issued once the records that it asks for are there. */
export class Certificates {
  readonly all: Certificate[] = []
  #made = 0
  /** Whether the internet has the record. */
  isProven: (name: string, value: string) => boolean = () => false

  #described({ arn, names }: Certificate): Fields {
    const options = names.map((DomainName) => {
      const digest = createHash('sha256').update(DomainName).digest('hex').slice(0, 32)
      return {
        DomainName,
        ResourceRecord: {
          ...{ Name: `_${digest}.${DomainName}.`, Type: 'CNAME' },
          Value: `_${digest.slice(0, 24)}.acm-validations.aws.`,
        },
      }
    })
    const bare = (text: string) => text.replace(/\.$/, '')
    const isIssued = options.every(({ ResourceRecord: { Name, Value } }) =>
      this.isProven(bare(Name), bare(Value)),
    )
    return {
      ...{ CertificateArn: arn, DomainName: names[0], SubjectAlternativeNames: names },
      ...{ Status: isIssued ? 'ISSUED' : 'PENDING_VALIDATION', DomainValidationOptions: options },
    }
  }

  get service(): Service {
    const anywhere = (action: string) => () => [{ action: `acm:${action}`, resource: '*' }]
    return {
      protocol: 'json',
      client,
      operations: {
        ListCertificates: {
          wants: anywhere('ListCertificates'),
          answer: () => ({
            CertificateSummaryList: this.all.map(({ arn, names }) => ({
              CertificateArn: arn,
              DomainName: names[0],
            })),
          }),
        },
        DescribeCertificate: {
          wants: anywhere('DescribeCertificate'),
          answer: ({ CertificateArn }) => {
            const found = this.all.find(({ arn }) => arn === CertificateArn)
            if (found === undefined) throw new Fault('ResourceNotFoundException', String(CertificateArn))
            return { Certificate: this.#described(found) }
          },
        },
        RequestCertificate: {
          wants: anywhere('RequestCertificate'),
          answer: ({
            DomainName,
            SubjectAlternativeNames = [],
            ValidationMethod,
            IdempotencyToken: token,
          }) => {
            if (ValidationMethod !== 'DNS') throw new Fault('ValidationException', 'by mail, nobody answers')
            if (!/^\w{1,32}$/.test(String(token ?? 'none')))
              throw new Fault('ValidationException', 'IdempotencyToken must satisfy \\w+')
            const names = [...new Set([String(DomainName), ...(SubjectAlternativeNames as string[])])]
            this.#made += 1
            const arn = `arn:aws:acm:${region}:${account}:certificate/${this.#made}`
            this.all.push({ arn, token, names })
            return { CertificateArn: arn }
          },
        },
      },
    }
  }
}
