// SPDX-License-Identifier: GPL-2.0-only
// Asks the questions of duckdb.sql of one file of JSON Lines: node duckdb.js FILE (npm install @duckdb/node-api)
const fs = require('fs');
const path = require('path');
const { DuckDBInstance } = require('@duckdb/node-api');

const file = process.argv[2];
const questions = fs.readFileSync(path.join(__dirname, 'duckdb.sql'), 'utf8').split(/\n\n+/);

async function main() {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const question of questions) {
    console.log(question.split('\n')[0]);
    const answer = await connection.runAndReadAll(question.replaceAll("'connects.json'", `'${file.replaceAll("'", "''")}'`));
    for (const row of answer.getRows()) console.log(row.map(String).join('\t'));
  }
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
