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

/** Processors of the primary, which serves everything, at the peak. */
export const vcpusWanted = ({
  peakPerSecond,
  cpuMsPerRequest,
}: Pick<DatabaseLoad, 'peakPerSecond' | 'cpuMsPerRequest'>): number =>
  (peakPerSecond * cpuMsPerRequest) / 1_000 / service.databaseUtilization

/** The smallest class with so many processors, and not below another one. */
export function classFor(vcpus: number, classMin: DatabaseClass): DatabaseClass {
  const smallest = databaseClassNames.indexOf(classMin)
  return (
    databaseClassNames.find((name, index) => index >= smallest && databaseClasses[name].vcpus >= vcpus) ??
    'r6g.16xlarge'
  )
}

/**
 * One sizing rule for all designs: processors at peak load, all on one primary. Readers wait for a failover, and serve
 * exports that say so.
 */
export function databaseItems(load: DatabaseLoad): readonly Item[] {
  const vcpus = vcpusWanted(load)
  const instanceClass = classFor(vcpus, load.classMin)
  const ios = load.reads * service.iosPerRead + load.writes * service.iosPerWrite
  const snapshotGb = load.storedGb * service.snapshots * service.snapshotRegions
  const copiedGb = load.storedGb * daysPerMonth * (service.snapshotRegions - 1)
  const { instanceHour, storageGbMonth, ios: io, backupGbMonth } = prices.documentDb
  return [
    {
      name: 'DocumentDB primary',
      dollars: instanceHour[instanceClass] * hoursPerMonth,
      because: `db.${instanceClass}, ${vcpus.toFixed(1)} of ${databaseClasses[instanceClass].vcpus} vCPUs wanted at the peak`,
    },
    {
      name: 'DocumentDB readers',
      dollars: (load.instances - 1) * instanceHour[instanceClass] * hoursPerMonth,
      because: `${load.instances - 1} × db.${instanceClass}, for failovers, and for exports from a reader`,
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
