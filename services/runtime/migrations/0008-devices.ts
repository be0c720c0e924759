import { sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** One row a device, so that two hosts cannot have it at once. Who is listed now has what its result says. */
export const devices: Migration = {
  async up(db) {
    await sql`
      create table host_devices (
        identity bytea primary key,
        host_id bytea not null references hosts
      )`.execute(db)
    await sql`create index host_devices_host_id on host_devices (host_id)`.execute(db)
    await sql`
      insert into host_devices (identity, host_id)
      select distinct on (device->>'identity') decode(device->>'identity', 'hex'), hosts.id
      from hosts, jsonb_array_elements(convert_from(hosts.result, 'UTF8')::jsonb->'devices') as device
      where hosts.state = 'listed' and device->>'identity' is not null
      order by device->>'identity', hosts.not_after desc`.execute(db)
  }
}
