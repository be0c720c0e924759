import { describe, expect, it } from 'vitest'
import { createMetrics, startMetricsServer } from '../../../services/runtime/metrics.ts'

describe('metrics', () => {
  it('are served on /metrics and nowhere else', async () => {
    const metrics = createMetrics('relay')
    metrics.observeCall('/bombyx.v1.Relay/FindHosts', 'OK', 0.01)
    metrics.gauge('bombyx_links', 'Links', () => 3)
    await using server = await startMetricsServer({ listen: '127.0.0.1:0' }, metrics)
    const text = await (await fetch(`http://${server.authority}/metrics`)).text()
    expect(text).toContain('bombyx_links{service="relay"} 3')
    expect(text).toContain(
      'bombyx_grpc_call_seconds_count{service="relay",method="/bombyx.v1.Relay/FindHosts",code="OK"} 1'
    )
    expect((await fetch(`http://${server.authority}/`)).status).toBe(404)
  })

  it('are not served to others without TLS', async () => {
    const serving = startMetricsServer({ listen: '0.0.0.0:0' }, createMetrics('relay'))
    await expect(serving).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})
