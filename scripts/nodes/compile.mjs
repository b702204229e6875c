// Compiles tests/contracts/contracts.sol with the pinned compiler into contracts.json beside it: name to
// creation code. The compiler comes from npm (scripts/nodes.sh evm).
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const cache = process.env.EXCHANGE_CACHE_DIR ?? `${process.env.HOME}/.cache/exchange`;
const solc = createRequire(`${cache}/npm/`)("solc");
const folder = new URL("../../tests/contracts/", import.meta.url);
const input = {
  language: "Solidity",
  sources: { "contracts.sol": { content: readFileSync(new URL("contracts.sol", folder), "utf8") } },
  settings: {
    optimizer: { enabled: true, runs: 200 },
    evmVersion: "paris",
    metadata: { bytecodeHash: "none", appendCBOR: false },
    outputSelection: { "*": { "*": ["evm.bytecode.object"] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input)));
const errors = (output.errors ?? []).filter((entry) => entry.severity === "error");
if (errors.length > 0) {
  console.error(errors.map((entry) => entry.formattedMessage).join("\n"));
  process.exit(1);
}
const codes = Object.entries(output.contracts["contracts.sol"])
  .map(([name, contract]) => [name, contract.evm.bytecode.object]);
writeFileSync(new URL("contracts.json", folder), `${JSON.stringify(Object.fromEntries(codes), null, 2)}\n`);
