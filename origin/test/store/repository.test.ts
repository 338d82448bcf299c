import { joined, unjoined } from '../../src/store/records.ts'
import { repositorySuite } from './repository.suite.ts'

repositorySuite('joined', joined())
repositorySuite('one command an item', unjoined)
