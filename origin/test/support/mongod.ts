import { startMongod } from '../../../bench/stack/mongod.ts'

/** One real `mongod` for the whole run; each test file has a database of its own in it (`database.ts`). */
export default async function setup(): Promise<() => Promise<void>> {
  const given = process.env.MONGODB_URI
  const mongod = await startMongod()
  process.env.MONGODB_URI = mongod.uri
  return async () => {
    if (given === undefined) delete process.env.MONGODB_URI
    await mongod.stop()
  }
}
