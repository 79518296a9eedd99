// The bare driver doing nothing with the rows: connect, query, fetch, close.
import oracledb from 'oracledb';

const [query, connectString, user, password] = process.argv.slice(2);
const options = { resultSet: true, prefetchRows: 1000, fetchArraySize: 1000 };
const connection = await oracledb.getConnection({ connectString, user, password });
const { resultSet } = await connection.execute(query, {}, options);
let checked = 0;
for (let fetched = 1000; fetched === 1000; checked += fetched) {
  fetched = (await resultSet.getRows(1000)).length;
}
await connection.close();
console.log(JSON.stringify({ checked }));
