import {
  type CertificateDetail,
  DescribeCertificateCommand,
  ListCertificatesCommand,
  RequestCertificateCommand,
} from '@aws-sdk/client-acm'
import { call } from '../../runbook/command.ts'
import { type Resource, type Setup, Waits } from '../resource.ts'
import { dnsRecord } from './dns-record.ts'
import { tunnelHost, tunnelHosts } from './hosts.ts'
import { parameter } from './parameter.ts'

async function certificateOf(setup: Setup): Promise<CertificateDetail | undefined> {
  const { acm } = setup.run.aws
  const [first] = tunnelHosts(setup)
  const { CertificateSummaryList = [] } = await acm.send(
    new ListCertificatesCommand({ CertificateStatuses: ['PENDING_VALIDATION', 'ISSUED'], MaxItems: 1_000 }),
  )
  const names = tunnelHosts(setup).toSorted().join()
  for (const { CertificateArn, DomainName } of CertificateSummaryList) {
    if (DomainName !== first) continue
    const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn }))
    if (Certificate?.SubjectAlternativeNames?.toSorted().join() === names) return Certificate
  }
  return undefined
}

/**
 * Certificate of the balancer for the names by which the tunnels call it. AWS renews it while its records are there.
 */
export const certificate: Resource = {
  name: 'certificate of the balancer',
  wanted: (setup) => (setup.team.certificate === undefined ? { names: tunnelHosts(setup) } : {}),
  read: async (setup) => {
    if (setup.team.certificate !== undefined) return {}
    const names = (await certificateOf(setup))?.SubjectAlternativeNames
    return names === undefined ? undefined : { names }
  },
  make: ({ run }, { names }) => {
    // The cast is safe: it is made only where names are wanted.
    const [DomainName, ...others] = names as readonly string[]
    const request = {
      DomainName,
      ...(others.length > 0 && { SubjectAlternativeNames: others }),
      ValidationMethod: 'DNS' as const,
      // A second request within an hour is the same one.
      IdempotencyToken: `spillway_${run.stage}`,
      Tags: [{ Key: 'spillway:stage', Value: run.stage }],
    }
    return [call(run.aws.acm, new RequestCertificateCommand(request))]
  },
}

/** The record that proves to AWS that a name is ours. */
export const validation = (number: number): Resource =>
  dnsRecord(`validation of the certificate, name ${number}`, async (setup) => {
    if (setup.team.certificate !== undefined) return undefined
    const host = tunnelHost(setup, number)
    const { DomainValidationOptions = [] } = (await certificateOf(setup)) ?? {}
    const record = DomainValidationOptions.find(({ DomainName }) => DomainName === host)?.ResourceRecord
    if (record?.Name === undefined || record.Value === undefined)
      throw new Waits('AWS has not said yet which record it asks for; some seconds')
    return {
      host,
      name: record.Name.replace(/\.$/, ''),
      content: record.Value.replace(/\.$/, ''),
      proxied: false,
    }
  })

export const certificateParameter = parameter(
  (stage) => `/spillway/${stage}/origin-certificate-arn`,
  async (setup) => {
    if (setup.team.certificate !== undefined) return setup.team.certificate
    const { Status, CertificateArn } = (await certificateOf(setup)) ?? {}
    if (CertificateArn === undefined || Status !== 'ISSUED')
      throw new Waits('the certificate is not issued yet; some minutes after its records are there')
    return CertificateArn
  },
)
