using SyncModule.Daemon.Output;

namespace SyncModule.Daemon.Demo;

/// <summary>A vault, a folder in it, and a second machine that joins over TCP and gets everything.</summary>
internal static class PairingSteps
{
    public static async Task RunAsync(DemoStage stage)
    {
        await stage.StepAsync("make a vault on the desk", async () =>
        {
            await stage.RunAsync(stage.Desk, "init", "--device", stage.Desk.Name).ConfigureAwait(false);
            foreach (string key in ConflictSteps.Keys) await stage.RunAsync(stage.Desk, "put", key, "--value", "as it was at first").ConfigureAwait(false);
            return new DemoResult($"opened by a key file, {Human.Count(ConflictSteps.Keys.Count, "item")} in it");
        }).ConfigureAwait(false);

        await stage.StepAsync("import the folder", async () =>
        {
            var summary = await stage.RunAsync(stage.Desk, "import", stage.Source).ConfigureAwait(false);
            long bytes = summary.GetProperty("bytes").GetInt64();
            return new DemoResult($"{Human.Count(summary.GetProperty("files").GetInt64(), "file")}, {Human.Bytes(bytes)}", bytes, summary.GetProperty("seconds").GetDouble());
        }).ConfigureAwait(false);

        await stage.StepAsync("pair the laptop, first sync", async () =>
        {
            string invite = stage.PathOf("invite");
            var inviting = stage.Start(stage.Desk, "invite", "--listen", "127.0.0.1:0", "--invite-file", invite);
            await stage.FileOfAsync(inviting, invite).ConfigureAwait(false);
            var joined = await stage.RunAsync(stage.Laptop, "join", "--invite-file", invite, "--device", stage.Laptop.Name).ConfigureAwait(false);
            await inviting.EndAsync(stage.Cancellation).ConfigureAwait(false);
            await stage.SameDigestAsync().ConfigureAwait(false);
            return new DemoResult($"{Human.Count(joined.GetProperty("commitsReceived").GetInt64(), "commit")}, {Human.Count(joined.GetProperty("objectsReceived").GetInt64(), "object")}, equal digests", joined.GetProperty("wireBytes").GetInt64(), joined.GetProperty("seconds").GetDouble());
        }).ConfigureAwait(false);

        await stage.StepAsync("serve on the desk", async () =>
        {
            string portFile = stage.PathOf("port");
            var serving = stage.Start(stage.Desk, "serve", "--listen", "127.0.0.1:0", "--port-file", portFile);
            stage.Address = "127.0.0.1:" + await stage.FileOfAsync(serving, portFile).ConfigureAwait(false);
            return new DemoResult(stage.Address);
        }).ConfigureAwait(false);
    }
}
