import { delimiter, dirname } from 'node:path'
import { type Mongod, type MongodOptions, startMongod } from './mongod.ts'
import { mongodBinary } from './mongod-binary.ts'

/**
 * Starts the database server of a test run. The program is verified here, once for the run: this process puts it first
 * on its PATH, where the processes that it starts find it. About forty servers of a run of all tests would each read and
 * hash its 140 MB.
 */
export async function startSharedMongod(options: Pick<MongodOptions, 'log'> = {}): Promise<Mongod> {
  if (!process.env.MONGODB_URI) {
    const { program } = await mongodBinary(options)
    process.env.PATH = [dirname(program), process.env.PATH].filter(Boolean).join(delimiter)
  }
  return await startMongod({ ...options, acknowledgesInMemory: true })
}
