/** Which words say a path, a quality and an obstacle. */
import type { Obstacle } from './desk'
import type { Grade, Path } from './quality'

export const PATH_WORDS = {
  direct: 'pathDirect',
  relay: 'pathRelay',
  'relay-udp': 'pathRelayUdp',
  'relay-tcp': 'pathRelayTcp',
  'relay-tls': 'pathRelayTls',
  unknown: 'pathUnknown',
} as const satisfies Record<Path, string>

export const GRADE_WORDS = { good: 'qualityGood', fair: 'qualityFair', poor: 'qualityPoor', unknown: null } as const satisfies Record<Grade, string | null>

export const OBSTACLE_WORDS = {
  elsewhere: 'obstacleElsewhere',
  over: 'obstacleOver',
  full: 'obstacleFull',
  busy: 'obstacleBusy',
  tooMany: 'obstacleTooMany',
  offline: 'obstacleOffline',
  notAllowed: 'obstacleNotAllowed',
  failed: 'obstacleFailed',
} as const satisfies Record<Obstacle, string>
