import { type DatabaseClass, databaseClasses, databaseClassNames } from '../database-class.ts'
import { count, type Item } from './bill.ts'
import { hoursPerMonth, prices } from './prices.ts'
import { service } from './workload.ts'

export interface DatabaseLoad {
  readonly peakPerSecond: number
  readonly cpuMsPerRequest: number
  readonly reads: number
  readonly writes: number
  readonly storedGb: number
  readonly instances: number
  /** Smallest class to use. */
  readonly classMin: DatabaseClass
}

/** The same sizing rule for both designs: processors at peak load, all on one primary. */
export function databaseItems(load: DatabaseLoad): readonly Item[] {
  const vcpus = (load.peakPerSecond * load.cpuMsPerRequest) / 1_000 / service.databaseUtilization
  const smallest = databaseClassNames.indexOf(load.classMin)
  const instanceClass =
    databaseClassNames.find((name, index) => index >= smallest && databaseClasses[name].vcpus >= vcpus) ??
    'r6g.16xlarge'
  const ios = load.reads * service.iosPerRead + load.writes * service.iosPerWrite
  const { instanceHour, storageGbMonth, ios: io, backupGbMonth } = prices.documentDb
  return [
    {
      name: 'DocumentDB instances',
      dollars: load.instances * instanceHour[instanceClass] * hoursPerMonth,
      because: `${load.instances} × db.${instanceClass}, ${vcpus.toFixed(1)} vCPUs wanted at the peak`,
    },
    { name: 'DocumentDB I/O', dollars: ios * io, because: `${count(ios)} I/Os` },
    {
      name: 'DocumentDB storage and backup',
      dollars: load.storedGb * (storageGbMonth + backupGbMonth),
      because: `${load.storedGb} GB`,
    },
  ]
}
