// Receivers as others write them, for Node: `node node.js <name>`, two processes on one port.
// Runs in a throw-away folder with the packages of its own; see bench/receive.py.
const cluster = require("cluster");
const crypto = require("crypto");
const name = process.argv[2];
const port = Number(process.env.PORT);
const secret = process.env.META_APP_SECRET;
const INSERT = "INSERT INTO peer_event (digest, body) VALUES ($1, $2) ON CONFLICT DO NOTHING";

function isSigned(body, header) {
  const expected = Buffer.from("sha256=" + crypto.createHmac("sha256", secret).update(body).digest("hex"));
  const given = Buffer.from(header || "");
  return given.length === expected.length && crypto.timingSafeEqual(given, expected);
}

function store() {
  const pool = new (require("pg").Pool)({ connectionString: process.env.DATABASE_URL, max: 16 });
  return (body) => pool.query({ name: "put", text: INSERT, values: [crypto.createHash("sha256").update(body).digest("hex"), body] });
}

const receivers = {
  fastify() {
    const app = require("fastify")();
    const put = store();
    app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => done(null, body));
    app.post("/webhooks/meta", async (request, reply) => {
      if (!isSigned(request.body, request.headers["x-hub-signature-256"])) return reply.code(403).send();
      await put(request.body);
      return reply.code(200).send();
    });
    app.listen({ port, host: "127.0.0.1" });
  },
  express() {
    const express = require("express");
    const put = store();
    const app = express();
    app.post("/webhooks/meta", express.raw({ type: "*/*" }), async (request, answer) => {
      if (!isSigned(request.body, request.headers["x-hub-signature-256"])) return answer.sendStatus(403);
      await put(request.body);
      answer.status(200).end();
    });
    app.listen(port, "127.0.0.1");
  },
  botkit() {
    const { Botkit } = require("botkit");
    const { FacebookAdapter, FacebookEventTypeMiddleware } = require("botbuilder-adapter-facebook");
    const adapter = new FacebookAdapter({ verify_token: "v", access_token: "t", app_secret: secret });
    adapter.use(new FacebookEventTypeMiddleware());
    const bot = new Botkit({ webhook_uri: "/webhooks/meta", adapter, disable_console: true });
    bot.on("message", async () => {});
  },
  bottender() {
    const { bottender } = require("bottender");
    const app = bottender({ dev: false });
    app.prepare().then(() => {
      const handle = app.getRequestHandler();
      const server = require("express")();
      server.use(require("express").json({ verify: (request, _answer, raw) => { request.rawBody = raw.toString(); } }));
      server.all("*", (request, answer) => handle(request, answer));
      server.listen(port, "127.0.0.1");
    });
  },
};

if (cluster.isPrimary) {
  for (let number = 0; number < 2; number++) cluster.fork();
  cluster.on("exit", () => process.exit(1));
} else {
  receivers[name]();
}
