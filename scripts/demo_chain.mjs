// What the demo asks of its two nodes: mines blocks, deploys the token, pays as an outsider would.
// Called by scripts/chains.sh and scripts/faucet.sh. Its keys are known to everybody: for chains of one's own alone.
import { readFileSync } from "node:fs";

const { EXCHANGE_EVM_URL: evmUrl, EXCHANGE_BITCOIN_URL: bitcoinUrl } = process.env;
// The outsider's Bitcoin key.
const PAYER = "cPoVxi18CnxHUQjYNpjRM3RYUVFA61wuTNQez7BtRKkfp9Fw6RTW";
// Blocks before what was mined can be spent; what a transaction pays, in satoshis.
const MATURITY = 100;
const FEE = 2_000n;
const DECIMALS = { BTC: 8, ETH: 18, USDT: 6 };
const LOOKS = 300;

const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

async function call(address, method, params) {
  const url = new URL(address);
  const headers = { "content-type": "application/json" };
  if (url.username) {
    headers.authorization = `Basic ${Buffer.from(`${url.username}:${url.password}`).toString("base64")}`;
    url.username = url.password = "";
  }
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
  for (let look = 0; ; look++) {
    try {
      const answer = await (await fetch(url, { method: "POST", headers, body })).json();
      // A node that has just started is not ready yet (-28).
      if (answer.error?.code !== -28) {
        if (answer.error) throw new Error(`${method}: ${answer.error.message}`, { cause: "refused" });
        return answer.result;
      }
    } catch (error) {
      if (error.cause === "refused" || look >= LOOKS) throw error;
    }
    await pause(200);
  }
}

const evm = (method, ...params) => call(evmUrl, method, params);
const bitcoin = (method, ...params) => call(bitcoinUrl, method, params);

/** Decimal text as a whole number of atoms. */
function atoms(amount, asset) {
  const parts = /^([0-9]+)(?:\.([0-9]+))?$/.exec(amount ?? "");
  const decimals = DECIMALS[asset];
  if (!parts || (parts[2] ?? "").length > decimals) throw new Error(`'${amount}' is no amount of ${asset}`);
  return BigInt(parts[1] + (parts[2] ?? "").padEnd(decimals, "0"));
}

const word = (value) => BigInt(value).toString(16).padStart(64, "0");

/** Sends from an account that the node signs for, and waits for the block. */
async function send(transaction) {
  const [from] = await evm("eth_accounts");
  const hash = await evm("eth_sendTransaction", { from, gas: "0x989680", ...transaction });
  for (let look = 0; look < LOOKS; look++) {
    const receipt = await evm("eth_getTransactionReceipt", hash);
    if (receipt?.status === "0x1") return receipt;
    if (receipt) throw new Error(`${hash} failed`);
    await pause(200);
  }
  throw new Error(`${hash} is not mined`);
}

function tokenCode() {
  const code = JSON.parse(readFileSync("tests/contracts/contracts.json", "utf8")).TestToken;
  // Name and symbol "USDT", and the decimals.
  const text = word(4) + Buffer.from("USDT").toString("hex").padEnd(64, "0");
  return `0x${code}${word(96)}${word(160)}${word(DECIMALS.USDT)}${text}${text}`;
}

/** The token's contract, where the chain still has what an earlier run has noted. */
async function deployed(file) {
  try {
    const contract = readFileSync(file, "utf8").trim();
    return (await evm("eth_getCode", contract, "latest")) === "0x" ? null : contract;
  } catch {
    return null;
  }
}

const commands = {
  async "deploy-token"(file) {
    const known = await deployed(file);
    const contract = known ?? (await send({ data: tokenCode() })).contractAddress;
    console.log(contract);
  },
  async "fund-ether"(to, amount) {
    await send({ to, value: `0x${atoms(amount, "ETH").toString(16)}` });
  },
  async "fund-token"(to, amount, contract) {
    await mint(contract, to, amount);
  },
  async mine(blocks) {
    await bitcoin("generatetoaddress", Number(blocks), await payer());
  },
  async "mine-on"(seconds) {
    for (;;) {
      await commands.mine(1);
      await pause(Number(seconds) * 1000);
    }
  },
  async "fund-bitcoin"(to, amount) {
    console.log(await payBitcoin(to, atoms(amount, "BTC")));
    await commands.mine(1);
  },
  async pay(asset, to, amount, contract) {
    if (asset === "BTC") console.log(await payBitcoin(to, atoms(amount, "BTC")));
    else if (asset === "ETH") console.log((await send({ to, value: `0x${atoms(amount, "ETH").toString(16)}` })).transactionHash);
    else if (asset === "USDT") console.log((await mint(contract, to, amount)).transactionHash);
    else throw new Error("ASSET is BTC, ETH or USDT");
  },
  async payer() {
    console.log(await payer());
  },
};

/** mint(address,uint256), which the token's owner may. */
const mint = (contract, to, amount) =>
  send({ to: contract, data: `0x40c10f19${word(to)}${word(atoms(amount, "USDT"))}` });

async function payer() {
  const { descriptor } = await bitcoin("getdescriptorinfo", `wpkh(${PAYER})`);
  return (await bitcoin("deriveaddresses", descriptor))[0];
}

const satoshis = (amount) => BigInt(Math.round(amount * 1e8));
const coins = (sats) => `${sats / 100_000_000n}.${(sats % 100_000_000n).toString().padStart(8, "0")}`;

/** Pays out of the payer's mined coins, the rest back to it. */
async function payBitcoin(to, sats) {
  const own = await payer();
  const { unspents, height } = await bitcoin("scantxoutset", "start", [`addr(${own})`]);
  const inputs = [];
  let held = 0n;
  for (const coin of unspents) {
    if (held >= sats + FEE) break;
    const isYoung = coin.coinbase && height - coin.height < MATURITY;
    // What waits in the mempool may spend it already.
    if (isYoung || !(await bitcoin("gettxout", coin.txid, coin.vout, true))) continue;
    inputs.push({ txid: coin.txid, vout: coin.vout, scriptPubKey: coin.scriptPubKey, amount: coin.amount });
    held += satoshis(coin.amount);
  }
  if (held < sats + FEE) throw new Error("the payer has too little that can be spent: wait for blocks");
  const outputs = [{ [to]: coins(sats) }, { [own]: coins(held - sats - FEE) }];
  const raw = await bitcoin("createrawtransaction", inputs, outputs.filter((output) => output[own] !== "0.00000000"));
  const { hex, complete } = await bitcoin("signrawtransactionwithkey", raw, [PAYER], inputs);
  if (!complete) throw new Error("the payment cannot be signed");
  return bitcoin("sendrawtransaction", hex);
}

const [name, ...parameters] = process.argv.slice(2);
try {
  if (!(name in commands)) throw new Error(`demo_chain.mjs ${Object.keys(commands).join(" | ")}`);
  await commands[name](...parameters);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
