namespace SyncModule.Engine.Vaults;

/// <summary>
/// The index for those that write objects: one step at a time, level with the log, and made again and tried again when it was deleted
/// or damaged meanwhile. A change may therefore run more than once and has to give the same rows each time.
/// </summary>
internal interface IIndexAccess
{
    T Change<T>(Func<IndexStep, T> change);

    T Look<T>(Func<RowAccess, T> look);
}
