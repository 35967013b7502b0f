namespace SyncModule.Daemon.Tests.Acceptance;

/// <summary>A temporary folder with machines in it, the first of which has made the vault. Removed at the end.</summary>
public sealed class MachineGroup : IDisposable
{
    public MachineGroup()
    {
        Root = Directory.CreateTempSubdirectory("mirord-acceptance-").FullName;
        Desk = new Machine(Root, "desk");
        Desk.Init();
    }

    public string Root { get; }

    public Machine Desk { get; }

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>One more machine, joined by an invite of the first.</summary>
    public Machine Joined(string name)
    {
        var machine = new Machine(Root, name);
        machine.Join(Desk);
        return machine;
    }

    public string NewFolder(string name) => Directory.CreateDirectory(PathOf(name)).FullName;

    public string Write(string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllBytes(PathOf(name), content);
        return PathOf(name);
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
