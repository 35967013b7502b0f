using System.Text;
using System.Text.Json;
using SyncModule.Engine.Files;
using SyncModule.Engine.Profiles;

namespace SyncModule.Engine.Scheduling;

/// <summary>This user's scheduled syncs: a record and a script for each, and what the system's scheduler is given.</summary>
/// <param name="folder">Where records and scripts stand; null when the user has no home.</param>
/// <param name="manager">The system's scheduler.</param>
public sealed class Schedules(string? folder, IScheduleManager manager)
{
    private const int MaxBytes = 1 << 20;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    public static Schedules OfUser() => new(UserFolders.Configuration is { } configuration ? Path.Combine(configuration, "schedules") : null, ScheduleManagers.OfSystem());

    /// <summary>Where the script of a vault's schedule stands.</summary>
    public string ScriptOf(string vault) => Path.Combine(Folder, SchedulePlan.NameOf(vault) + ".ps1");

    /// <summary>All files of a schedule: the scheduler's, then the script.</summary>
    public IReadOnlyList<ScheduleFile> FilesOf(SchedulePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return [.. manager.FilesOf(plan, Folder), new(plan.Script, ScheduleScript.Of(plan))];
    }

    /// <summary>Names of all schedules, in ordinal order. Opens no record.</summary>
    public IReadOnlyList<string> Names() =>
        folder is null || !Directory.Exists(folder) ? [] : [.. Directory.EnumerateFiles(folder, SchedulePlan.NameOf("*") + ".json").Select(f => Path.GetFileNameWithoutExtension(f)!).Order(StringComparer.OrdinalIgnoreCase)];

    /// <summary>The record of a schedule; null when there is none of that name.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ScheduleDamaged"/>.</exception>
    public SchedulePlan? Find(string name)
    {
        string path = RecordOf(name);
        try
        {
            if (!File.Exists(path)) return null;
            if (new FileInfo(path).Length <= MaxBytes && JsonSerializer.Deserialize<SchedulePlan>(File.ReadAllBytes(path), Json) is { Vault: not null, Folder: not null, KeyFile: not null, Peers: not null, Script: not null, Program: not null, Module: not null, Environment: not null } plan) return plan;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw SyncErrors.ScheduleDamaged.With($"{path} cannot be read", e);
        }

        throw SyncErrors.ScheduleDamaged.With($"{path} has an unknown shape");
    }

    /// <summary>A schedule as the scheduler sees it now.</summary>
    public SyncSchedule Describe(SchedulePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var state = manager.StateOf(plan);
        return new()
        {
            Vault = plan.Vault,
            Kind = manager.Kind,
            Name = plan.Name,
            Every = plan.Every,
            NextRun = state.NextRun,
            LastRun = state.LastRun,
            LastExit = state.LastExit,
            Active = state.Active,
            Path = manager.FilesOf(plan, Folder)[0].Path,
            Script = plan.Script,
        };
    }

    /// <summary>Writes the files and starts the schedule. When the scheduler refuses, the files are taken away again.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ScheduleExists"/>, <see cref="SyncErrors.ScheduleUnavailable"/>, <see cref="SyncErrors.UsageWrong"/>.</exception>
    public void Register(SchedulePlan plan, bool replace)
    {
        ArgumentNullException.ThrowIfNull(plan);
        plan.Check();
        if (!replace && File.Exists(RecordOf(plan.Name))) throw SyncErrors.ScheduleExists.With($"Vault {plan.Vault} has the schedule {plan.Name} already");
        manager.Check();
        var files = FilesOf(plan);
        try
        {
            foreach (var file in files) Write(file.Path, file.Text);
            manager.Start(plan, files);
            // Last: what has a record is registered.
            Write(RecordOf(plan.Name), JsonSerializer.Serialize(plan, Json) + "\n");
        }
        catch
        {
            TryRemove(plan);
            throw;
        }
    }

    /// <summary>Takes the schedule out of the scheduler and deletes its files.</summary>
    public void Unregister(SchedulePlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Remove(plan);
    }

    /// <summary>What a person should know about this system's scheduler; null when there is nothing.</summary>
    public string? Caution => manager.Caution;

    private string Folder => folder ?? throw SyncErrors.ScheduleUnavailable.With("This user has no home folder; SYNCMODULE_HOME names one");

    private string RecordOf(string name) => Path.Combine(Folder, name + ".json");

    private void Remove(SchedulePlan plan)
    {
        manager.Stop(plan);
        // The record first: a crash in between leaves files without a record, which a new Register-SyncSchedule writes over.
        Delete(RecordOf(plan.Name));
        foreach (var file in FilesOf(plan)) Delete(file.Path);
        manager.Forget(plan);
    }

    // The first error is the one to report.
    private void TryRemove(SchedulePlan plan)
    {
        try
        {
            Remove(plan);
        }
        catch (SyncException)
        {
            // Said already.
        }
    }

    private static void Write(string path, string text)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SyncErrors.FileUnwritable.With($"The folder of {path} could not be made", e);
        }

        // Task Scheduler takes the declared encoding for the real one.
        bool wide = text.StartsWith("<?xml version=\"1.0\" encoding=\"UTF-16\"?>", StringComparison.Ordinal);
        AtomicFile.Write(path, stream =>
        {
            if (wide) stream.Write(Encoding.Unicode.Preamble);
            stream.Write((wide ? Encoding.Unicode : new UTF8Encoding(false)).GetBytes(text));
        });
    }

    private static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing to delete.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SyncErrors.FileUnwritable.With($"{path} could not be deleted", e);
        }
    }
}
