import { startEmbeddedPostgres } from '../../../services/runtime/embedded-postgres.ts'

/** Runs an embedded database until it is killed; prints its URL. */
const database = await startEmbeddedPostgres(process.argv[2] ?? '')
process.stdout.write(database.url)
setInterval(() => {}, 1000)
