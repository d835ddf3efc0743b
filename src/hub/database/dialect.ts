/** Kysely over one `Connection`: SQLite's grammar, and no driver of its own, because the writer owns every transaction. */
import {
	type ConnectionProvider,
	type DatabaseConnection,
	DefaultQueryExecutor,
	type Dialect,
	DummyDriver,
	type KyselyProps,
	SqliteAdapter,
	SqliteIntrospector,
	SqliteQueryCompiler,
} from "kysely";

const dialect: Dialect = {
	createAdapter: () => new SqliteAdapter(),
	createDriver: () => new DummyDriver(),
	createIntrospector: (db) => new SqliteIntrospector(db),
	createQueryCompiler: () => new SqliteQueryCompiler(),
};

// Without state of their own, hence shared: what is made per mutation must be little.
const adapter = dialect.createAdapter();
const compiler = dialect.createQueryCompiler();
const driver = dialect.createDriver();
const config = { dialect };

/** What a `Kysely` or `Transaction` is made of, bound to this one connection. */
export function propsFor(connection: DatabaseConnection): KyselyProps {
	const provider: ConnectionProvider = { provideConnection: async (consumer) => consumer(connection) };
	return { config, driver, dialect, executor: new DefaultQueryExecutor(compiler, adapter, provider) };
}
