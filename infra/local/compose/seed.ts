/** Program of compose.yaml: loads the application's seed into the database, if it has none. */
import { seed } from '@spillway/origin/dev/seed'

const { MONGODB_URI: databaseUri, MONGODB_DATABASE: databaseName } = process.env
if (databaseUri === undefined || databaseName === undefined) {
  throw new Error('MONGODB_URI and MONGODB_DATABASE name the database')
}
await seed({ databaseUri, databaseName, application: 'own' })
