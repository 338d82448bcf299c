import { Fault } from './protocol.ts'
import type { RawService } from './server.ts'
import { account, region } from './template.ts'

/** S3: objects by path. The bucket of the CDK's bootstrap stack and those of the templates exist. */
export const objectStore = (objects: Map<string, Buffer>, buckets: readonly string[]): RawService => {
  return ({ method, path, query, body }, allow) => {
    const [, bucket = '', ...key] = path.split('/')
    if (!bucket.startsWith('cdk-hnb659fds-assets-') && !buckets.includes(bucket)) {
      return {
        status: 404,
        body: '<Error><Code>NoSuchBucket</Code><Message>The specified bucket does not exist</Message></Error>',
      }
    }
    const resource = `arn:aws:s3:::${bucket}/${key.join('/')}`
    if (query.has('encryption'))
      return {
        status: 404,
        body: '<Error><Code>ServerSideEncryptionConfigurationNotFoundError</Code></Error>',
      }
    if (method === 'PUT') {
      allow({ action: 's3:PutObject', resource })
      objects.set(path, body)
      return {}
    }
    if (key.join('') === '') {
      allow({ action: 's3:ListBucket', resource: `arn:aws:s3:::${bucket}` })
      const prefix = `/${bucket}/${query.get('prefix') ?? ''}`
      const found = [...objects.keys()].filter((each) => each.startsWith(prefix))
      const contents = found.map(
        (each) => `<Contents><Key>${each.slice(bucket.length + 2)}</Key><Size>1</Size></Contents>`,
      )
      return {
        body: `<ListBucketResult><KeyCount>${found.length}</KeyCount>${contents.join('')}</ListBucketResult>`,
      }
    }
    allow({ action: 's3:GetObject', resource })
    const object = objects.get(path)
    return object === undefined
      ? { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' }
      : { body: method === 'HEAD' ? '' : object }
  }
}

export interface Shift {
  readonly zonalShiftId: string
  readonly resourceIdentifier: string
  readonly awayFrom: string
}

/** Zonal shifts of the groups and the balancer, which their templates make manageable. */
export class ZonalShifts {
  readonly active: Shift[] = []
  readonly resources: readonly string[]

  constructor(groups: readonly string[]) {
    this.resources = [
      ...groups.map(
        (name) =>
          `arn:aws:autoscaling:${region}:${account}:autoScalingGroup:5f3a:autoScalingGroupName/${name}`,
      ),
      `arn:aws:elasticloadbalancing:${region}:${account}:loadbalancer/app/spillway-production/50dc6c495c0c9188`,
    ]
  }

  get service(): RawService {
    return ({ method, path, body }, allow) => {
      const json = (value: unknown) => ({
        body: JSON.stringify(value),
        headers: { 'content-type': 'application/json' },
      })
      if (method === 'GET' && path === '/managedresources') {
        allow({ action: 'arc-zonal-shift:ListManagedResources', resource: '*' })
        return json({
          items: this.resources.map((arn) => ({ arn, name: arn.split('/').at(-1), availabilityZones: [] })),
        })
      }
      if (method === 'GET' && path === '/zonalshifts') {
        allow({ action: 'arc-zonal-shift:ListZonalShifts', resource: '*' })
        return json({ items: this.active.map((shift) => ({ ...shift, status: 'ACTIVE' })) })
      }
      if (method === 'POST' && path === '/zonalshifts') {
        const { resourceIdentifier, awayFrom, expiresIn, comment } = JSON.parse(body.toString())
        allow({ action: 'arc-zonal-shift:StartZonalShift', resource: resourceIdentifier })
        if (!this.resources.includes(resourceIdentifier))
          throw new Fault('ResourceNotFoundException', `no ${resourceIdentifier}`)
        // A zone's id, which is the same in every account, and not its name, which is not.
        if (!/^use1-az\d$/.test(awayFrom))
          throw new Fault('ValidationException', `invalid Availability Zone ${awayFrom}`)
        if (!/^[1-9]\d*[mh]$/.test(expiresIn) || typeof comment !== 'string')
          throw new Fault('ValidationException', 'expiresIn, comment')
        if (this.active.some((shift) => shift.resourceIdentifier === resourceIdentifier)) {
          throw new Fault('ConflictException', 'A zonal shift is active for the resource already')
        }
        const shift = { zonalShiftId: `shift-${this.active.length + 1}`, resourceIdentifier, awayFrom }
        this.active.push(shift)
        return {
          ...json({ ...shift, status: 'ACTIVE', comment, expiryTime: 2e9, startTime: 1e9 }),
          status: 201,
        }
      }
      const [, id] = /^\/zonalshifts\/([\w-]+)$/.exec(path) ?? []
      if (method === 'DELETE' && id !== undefined) {
        const index = this.active.findIndex(({ zonalShiftId }) => zonalShiftId === id)
        const [shift] = index < 0 ? [] : this.active.splice(index, 1)
        if (shift === undefined) throw new Fault('ResourceNotFoundException', `no ${id}`)
        allow({ action: 'arc-zonal-shift:CancelZonalShift', resource: shift.resourceIdentifier })
        return json({ ...shift, status: 'CANCELED', comment: '', expiryTime: 2e9, startTime: 1e9 })
      }
      throw new Fault('InvalidAction', `${method} ${path}`)
    }
  }
}
