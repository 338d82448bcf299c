import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Construct } from 'constructs'
import type { StageName } from '../config.ts'
import type { MongoDbSettings } from '../database-settings.ts'
import { accept } from '../nag.ts'
import type { OriginDatabase } from './origin-database.ts'

/** A MongoDB that somebody else runs: the stack keeps the origin's credentials, and nothing else of it. */
export class MongoStore extends Construct implements OriginDatabase {
  readonly originSecret: ISecret
  readonly hosts: string

  constructor(
    scope: Construct,
    id: string,
    { stage, database }: { readonly stage: StageName; readonly database: MongoDbSettings },
  ) {
    super(scope, id)
    this.hosts = database.hosts
    const secret = new Secret(this, 'OriginCredentials', {
      secretName: `spillway/${stage}/database-origin`,
      description: 'Set it to the user and password of the database, as {"username": …, "password": …}',
      generateSecretString: {
        secretStringTemplate: JSON.stringify({ username: 'spillway_origin' }),
        generateStringKey: 'password',
        passwordLength: 41,
        excludePunctuation: true,
      },
    })
    accept(secret, 'AwsSolutions-SMG4', 'The user is one of a database that this account does not run.')
    // The cast: the library's classes declare optional members as `undefined`, its interfaces as absent.
    this.originSecret = secret as ISecret
  }
}
