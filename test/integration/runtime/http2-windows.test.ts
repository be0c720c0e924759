import { once } from 'node:events'
import { connect } from 'node:http2'
import { expect, test } from 'vitest'
import { packageDefinition } from '../../../proto/load.ts'
import { startGrpcServer } from '../../../services/runtime/grpc.ts'

const WINDOW = 4 * 1024 * 1024

test('a server takes four megabytes on the way, over a connection and on each call, from its first call on', async () => {
  await using server = await startGrpcServer({ listen: '127.0.0.1:0', services: [], reflection: packageDefinition })
  const session = connect(`http://${server.authority}`)
  await once(session, 'remoteSettings')
  expect(session.remoteSettings.initialWindowSize).toBe(65_535)
  const call = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Check' })
  call.on('error', () => {})
  await once(session, 'remoteSettings')
  await expect.poll(() => session.state.remoteWindowSize).toBeGreaterThanOrEqual(WINDOW)
  expect(session.remoteSettings.initialWindowSize).toBe(WINDOW)
  session.destroy()
})
