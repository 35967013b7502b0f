using System.Management.Automation;
using SyncModule.Commands.Vaults;
using SyncModule.Engine.Files;

namespace SyncModule.Commands.Files;

/// <summary>
/// Import-SyncItem: files and folders into a vault. Whatever comes through the pipeline is one import, whose commits are few, and of many it
/// begins before the last has come; a second one reads only what was touched since.
/// </summary>
[Cmdlet(VerbsData.Import, "SyncItem", DefaultParameterSetName = PathSet, SupportsShouldProcess = true)]
[OutputType(typeof(SyncFiles))]
public sealed class ImportSyncItemCommand : FileCmdlet
{
    private const string PathSet = "Path", LiteralSet = "LiteralPath";
    private const string ActivityIn = "Import into vault ";

    /// <summary>Fewer than this wait for the end of the pipeline, which is near; so many begin the import, and it takes lots from then on.</summary>
    private const int FirstLot = 64, NextLots = 256;

    private readonly List<string> _named = [], _listed = [];
    private ImportAhead? _ahead;

    /// <summary>
    /// Files and folders; wildcards. A name below the location stays what it is, one elsewhere goes by its last part. What Get-ChildItem gives binds here
    /// too, in the default set and at the first try: each further try costs as much as storing the file.
    /// </summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = PathSet)]
    [SupportsWildcards]
    [FoundFile]
    [ValidateNotNullOrEmpty]
    public string[] Path { get; set; } = [];

    /// <summary>The same without wildcards: records that name a file by a property bind here.</summary>
    [Parameter(Mandatory = true, ValueFromPipelineByPropertyName = true, ParameterSetName = LiteralSet)]
    [Alias("PSPath", "FullName", "LP")]
    [ValidateNotNullOrEmpty]
    public string[] LiteralPath { get; set; } = [];

    /// <summary>The folder that names are relative to; the location when it is not given.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Root { get; set; }

    /// <summary>Stands before each name, joined by /.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Prefix { get; set; }

    /// <summary>Folders in a folder too.</summary>
    [Parameter]
    public SwitchParameter Recurse { get; set; }

    /// <summary>Removes items whose file is gone since the last import or export, where nobody else changed them; needs whole folders and -Recurse.</summary>
    [Parameter]
    public SwitchParameter Mirror { get; set; }

    /// <summary>A record that names a file may name its collection and vault too. A file has neither: PowerShell would look for both, twice, at each of thousands.</summary>
    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralSet, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(Completion.CollectionNameCompleter))]
    public override string Collection { get; set; } = DefaultCollection;

    [Parameter(ParameterSetName = PathSet)]
    [Parameter(ParameterSetName = LiteralSet, ValueFromPipelineByPropertyName = true)]
    [Alias("VaultName")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(Completion.VaultNameCompleter))]
    public override VaultIdentity? Vault { get; set; }

    // Before the command at the other end of the pipeline has begun.
    protected override void Begin()
    {
        if (MyInvocation.ExpectingInput) FirstImport.Prepare();
    }

    private protected override void Take(OpenVault open)
    {
        if (ParameterSetName == LiteralSet) Add(open, LiteralPath, path => [ToPath(path)]);
        else if (FoundFileAttribute.Of(Path) is { } found) Keep(open, found);
        else Add(open, Path, path => Files.FilePaths.Resolve(this, path));
        // What is gone is told by all folders together.
        if (_listed.Count >= (_ahead is null ? FirstLot : NextLots) && !Mirror)
        {
            _ahead ??= new(open.Vault, RootFolder(), Options(Collection));
            HandOver();
        }
    }

    private void Add(OpenVault open, string[] given, Func<string, IEnumerable<string>> resolve)
    {
        foreach (string path in given)
        {
            IEnumerable<string> found = [];
            Try(path, () => found = resolve(path));
            foreach (string one in found) Keep(open, one);
        }
    }

    // What comes through the pipeline was looked up by another command; nobody wrote it here.
    private void Keep(OpenVault open, string path)
    {
        // PowerShell's own words: given target and action it looks up the sentence for each file, in 2.5 µs.
        bool taken = ShouldProcess($"Performing the operation \"{ActivityIn}{open.Name}\" on target \"{path}\".", null, null);
        if (taken) (MyInvocation.ExpectingInput ? _listed : _named).Add(path);
    }

    private protected override FileWork? Work(OpenVault open, string collection)
    {
        string activity = Activity(open);
        if (_ahead is { } ahead)
        {
            HandOver();
            ahead.Complete();
            return new(activity, (progress, stop) =>
            {
                using (ahead)
                {
                    _ahead = null;
                    return ahead.Finish(progress, stop);
                }
            });
        }

        if (_named.Count + _listed.Count == 0) return null;
        var (paths, options) = (new ImportPaths(RootFolder(), [.. _named], [.. _listed]), Options(collection));
        _named.Clear();
        _listed.Clear();
        return new(activity, (progress, stop) => PathImport.Run(open.Vault, paths, options, progress, stop));
    }

    protected override void Dispose(bool disposing)
    {
        // Before the vault is given back, which it uses.
        if (disposing) _ahead?.Dispose();
        base.Dispose(disposing);
    }

    private static string Activity(OpenVault open) => ActivityIn + open.Name;

    private string RootFolder() => ToPath(Root ?? ".");

    private ImportOptions Options(string collection) => new(collection, Prefix, Mirror, Recurse);

    private void HandOver()
    {
        _ahead!.Add([.. _listed]);
        _listed.Clear();
    }
}
