// Bluesky's own server, which would listen to everybody, on loopback alone; its environment says the rest.
const { PDS } = require('@atproto/pds')

PDS.run({
  onCreated: ({ app }) => {
    const listen = app.listen.bind(app)
    app.listen = (port) => listen(port, '127.0.0.1')
  },
  onStarted: () => console.log('ready'),
})
