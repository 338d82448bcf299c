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

const daysPerMonth = hoursPerMonth / 24

/** One sizing rule for all designs: processors at peak load, all on one primary. */
export function databaseItems(load: DatabaseLoad): readonly Item[] {
  const vcpus = (load.peakPerSecond * load.cpuMsPerRequest) / 1_000 / service.databaseUtilization
  const smallest = databaseClassNames.indexOf(load.classMin)
  const instanceClass =
    databaseClassNames.find((name, index) => index >= smallest && databaseClasses[name].vcpus >= vcpus) ??
    'r6g.16xlarge'
  const ios = load.reads * service.iosPerRead + load.writes * service.iosPerWrite
  const snapshotGb = load.storedGb * service.snapshots * service.snapshotRegions
  const copiedGb = load.storedGb * daysPerMonth * (service.snapshotRegions - 1)
  const { instanceHour, storageGbMonth, ios: io, backupGbMonth } = prices.documentDb
  return [
    {
      name: 'DocumentDB instances',
      dollars: load.instances * instanceHour[instanceClass] * hoursPerMonth,
      because: `${load.instances} × db.${instanceClass}, ${vcpus.toFixed(1)} vCPUs wanted at the peak`,
    },
    { name: 'DocumentDB I/O', dollars: ios * io, because: `${count(ios)} I/Os` },
    {
      name: 'DocumentDB storage',
      dollars: load.storedGb * storageGbMonth,
      because: `${load.storedGb} GB`,
    },
    {
      name: 'Snapshots',
      dollars: snapshotGb * backupGbMonth + copiedGb * prices.regionTransferGb,
      because: `${service.snapshots} days in ${service.snapshotRegions} regions, ${count(snapshotGb)} GB, one copied each day`,
    },
  ]
}
