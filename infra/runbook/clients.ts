import { ACMClient } from '@aws-sdk/client-acm'
import { AutoScalingClient } from '@aws-sdk/client-auto-scaling'
import { BackupClient } from '@aws-sdk/client-backup'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { DocDBClient } from '@aws-sdk/client-docdb'
import { IAMClient } from '@aws-sdk/client-iam'
import { S3Client } from '@aws-sdk/client-s3'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SSMClient } from '@aws-sdk/client-ssm'
import { STSClient } from '@aws-sdk/client-sts'

export type Clients = ReturnType<typeof awsClients>

/** Endpoint and credentials for AWS. @default as `aws` does: the environment, a profile, or the instance */
export interface AwsAccess {
  readonly endpoint?: string
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** Clients of AWS in one region. */
export const awsClients = (region: string, access: AwsAccess = {}) => {
  const options = { region, ...access }
  return {
    acm: new ACMClient(options),
    autoscaling: new AutoScalingClient(options),
    backup: new BackupClient(options),
    cloudformation: new CloudFormationClient(options),
    docdb: new DocDBClient(options),
    iam: new IAMClient(options),
    s3: new S3Client(options),
    secrets: new SecretsManagerClient(options),
    ssm: new SSMClient(options),
    sts: new STSClient(options),
  }
}
