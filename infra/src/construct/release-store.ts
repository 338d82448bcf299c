import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib'
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { StageName } from '../config.ts'
import { accept } from '../nag.ts'

/**
 * A predictable name, so that pipeline, instances and runbooks need no look-up. Bucket names are global and the bucket
 * outlives its stack, so the region is part of it: another region's stack must not meet it.
 */
export const releasesBucketName = (stage: StageName): string =>
  `spillway-${stage}-releases-${Aws.ACCOUNT_ID}-${Aws.REGION}`

/** Releases of the origin, each kept long enough to roll back to it. */
export class ReleaseStore extends Construct {
  constructor(scope: Construct, id: string, { stage }: { readonly stage: StageName }) {
    super(scope, id)
    const bucket = new Bucket(this, 'Bucket', {
      bucketName: releasesBucketName(stage),
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      versioned: true,
      removalPolicy: RemovalPolicy.RETAIN,
      lifecycleRules: [{ expiration: Duration.days(365), noncurrentVersionExpiration: Duration.days(30) }],
    })
    accept(
      bucket,
      'AwsSolutions-S1',
      'Only the pipeline and the instances read it, and CloudTrail names both.',
    )
  }
}
