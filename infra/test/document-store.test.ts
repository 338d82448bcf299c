import { Match } from 'aws-cdk-lib/assertions'
import { describe, expect, it } from 'vitest'
import { documentDbOf, stageNames } from '../src/config.ts'
import { stages } from '../src/stages.ts'
import { readTemplate, resourcesOf } from './support/template.ts'

describe.each(stageNames)('%s: the database', (stage) => {
  const database = documentDbOf(stages[stage])

  it('is encrypted, speaks TLS only and writes its audit log', () => {
    const template = readTemplate(stage, 'data')
    template.hasResourceProperties('AWS::DocDB::DBCluster', {
      StorageEncrypted: true,
      EnableCloudwatchLogsExports: ['audit', 'profiler'],
      Port: 27018,
    })
    template.hasResourceProperties('AWS::DocDB::DBClusterParameterGroup', {
      Parameters: Match.objectLike({ tls: 'enabled', audit_logs: 'ddl' }),
    })
  })

  it(`has ${database.instances} instances of the class that the budget was drawn on`, () => {
    const instances = resourcesOf(readTemplate(stage, 'data'), 'AWS::DocDB::DBInstance')
    expect(instances.map(({ Properties }) => Properties.DBInstanceClass)).toEqual(
      Array(database.instances).fill(`db.${documentDbOf(stages[stage]).instanceClass}`),
    )
  })

  it('has credentials in Secrets Manager, both users rotated, no password in the template', () => {
    const template = readTemplate(stage, 'data')
    const schedules = resourcesOf(template, 'AWS::SecretsManager::RotationSchedule')
    // Not before the cluster has an instance and the origin a user: the first deployment makes the first rotation.
    expect(schedules.map(({ Properties }) => Properties.RotateImmediatelyOnUpdate)).toEqual([false, false])
    template.hasResourceProperties('AWS::DocDB::DBCluster', {
      MasterUserPassword: {
        'Fn::Join': ['', Match.arrayWith([Match.stringLikeRegexp('resolve:secretsmanager')])],
      },
    })
  })
})

describe('the production database', () => {
  it('cannot be deleted by accident and leaves a snapshot when deleted on purpose', () => {
    readTemplate('production', 'data').hasResource('AWS::DocDB::DBCluster', {
      Properties: { DeletionProtection: true, BackupRetentionPeriod: 14 },
      DeletionPolicy: 'Snapshot',
      UpdateReplacePolicy: 'Snapshot',
    })
  })

  it('is copied to another region every day, unless it runs there', () => {
    const template = readTemplate('production', 'data')
    const { Conditions: conditions } = template.toJSON()
    const [condition] = Object.keys(conditions)
    expect(Object.values(conditions)).toEqual([
      { 'Fn::Not': [{ 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-west-2'] }] },
    ])
    template.hasResourceProperties('AWS::Backup::BackupPlan', {
      BackupPlan: Match.objectLike({
        BackupPlanRule: [
          Match.objectLike({
            CopyActions: {
              'Fn::If': [
                condition,
                [
                  Match.objectLike({
                    DestinationBackupVaultArn: {
                      'Fn::Join': [
                        '',
                        Match.arrayWith([
                          Match.stringLikeRegexp('backup:us-west-2:'),
                          ':backup-vault:spillway-production-copies',
                        ]),
                      ],
                    },
                  }),
                ],
                { Ref: 'AWS::NoValue' },
              ],
            },
          }),
        ],
      }),
    })
  })

  it('has a role that may restore a backup, as the plan’s own may not', () => {
    const template = readTemplate('production', 'data')
    const policiesOf = (id: string) =>
      JSON.stringify(template.findResources('AWS::IAM::Role')[id]?.Properties)
    const restorers = Object.keys(template.findResources('AWS::IAM::Role')).filter((id) =>
      policiesOf(id).includes('AWSBackupServiceRolePolicyForRestores'),
    )
    expect(restorers).toHaveLength(1)
    expect(template.findOutputs('RestoreRole').RestoreRole?.Value).toEqual({
      'Fn::GetAtt': [restorers[0], 'Arn'],
    })
  })
})
